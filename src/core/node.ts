/**
 * The life of one node: `step` decides, and does nothing else. What it decides among are the moves
 * of ./moves.ts.
 *
 * Why no node can ever run twice: only `spawn` (there) returns the effect that starts a process,
 * and it leaves the node "starting", which only the outcome of that very start can end. Every
 * other road to `spawn` begins in a state without a process: "pending", "waiting", "stopped", or
 * a stop of which the whole process group has been seen to be gone.
 */
import type { After, Circumstances, Event, In, News, State, Step, Told } from "./life.ts";
import {
  becomeReady,
  chain,
  clear,
  clearingRules,
  end,
  ended,
  launch,
  lookLater,
  newLife,
  outcomeOf,
  proceed,
  report,
  rest,
  revive,
  spawn,
  stop,
  unchanged,
} from "./moves.ts";
import { firstReadiness } from "./readiness.ts";
import { afterDeath, isPremature } from "./revival.ts";
import { lookAgainAfter, nextSignal } from "./stopping.ts";

/** One step of a node's life. */
export function step(state: State, event: Event, about: Circumstances): Step {
  switch (state.tag) {
    case "pending":
      return pending(state, event, about);
    case "starting":
      return starting(state, event, about);
    case "running":
      return running(state, event, about);
    case "waiting":
      return waiting(state, event, about);
    case "held":
      return held(state, event, about);
    case "stopping":
      return stopping(state, event, about);
    case "clearing":
      return clearing(state, event, about);
    case "stopped":
      return stopped(state, event, about);
    case "gone":
      return gone(state, event, about);
    default:
      return state satisfies never;
  }
}

function pending(state: In<"pending">, event: Event, about: Circumstances): Step {
  switch (event.type) {
    case "go":
      return about.others.mayStart ? spawn(state.life, about, state.revived) : unchanged(state);
    case "stop":
      return rest(state.life, "told");
    case "destroy":
      return end();
    case "create":
    case "start":
    case "restart":
    case "started":
    case "failed":
    case "ready":
    case "probed":
    case "exited":
    case "looked":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function starting(state: In<"starting">, event: Event, about: Circumstances): Step {
  switch (event.type) {
    case "started": {
      const { pid, group } = event;
      if (state.after === "recreate" || state.after === "dismiss") {
        const { life, since } = state;
        const after = state.after === "recreate" ? "respawn" : "stopped";
        return stop({ life, since, pid, group }, after, about);
      }
      const life = { ...state.life, generation: state.life.generation + 1 };
      const news: News = { kind: "started", revived: state.revived };
      const readiness = firstReadiness(about.rules.ready, about.now);
      const { since } = state;
      const begun: Step = {
        state: { tag: "running", life, pid, group, since, readiness },
        effects: [report(news)],
      };
      return state.after === "run"
        ? begun
        : chain(begun, stop({ life, since, pid, group }, state.after, about));
    }
    case "failed": {
      const { life, since, after } = state;
      if (after === "gone") return end();
      if (after === "recreate") return launch(life, about);
      if (after === "dismiss") return rest(life, "told");
      const failure: Step = { state, effects: [report({ kind: "failed" })] };
      if (after === "respawn") return chain(failure, launch(life, about));
      if (after === "stopped") return chain(failure, rest(life, "told"));
      const { rules, now } = about;
      const verdict = afterDeath(life.revival, { code: 1 }, since, now, rules.revival);
      const known = { ...life, revival: verdict.revival };
      return {
        state: verdict.revive
          ? { tag: "waiting", life: known, until: verdict.at }
          : { tag: "stopped", life: known, why: "failed" },
        effects: failure.effects,
      };
    }
    case "create":
      return state.after === "gone"
        ? {
            state: {
              ...state,
              life: newLife(event),
              after: event.stopped ? "dismiss" : "recreate",
            },
            effects: [],
          }
        : unchanged(state);
    case "start":
      if (state.after === "dismiss") return tell(state, "recreate");
      return state.after === "stopped" ? tell(state, "run") : unchanged(state);
    case "restart":
      return tell(state, isAnothers(state) ? "recreate" : "respawn");
    case "stop":
      return tell(state, isAnothers(state) ? "dismiss" : "stopped");
    case "destroy":
      return tell(state, "gone");
    case "ready":
    case "probed":
    case "exited":
    case "looked":
    case "go":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function running(state: In<"running">, event: Event, about: Circumstances): Step {
  const { readiness } = state;
  switch (event.type) {
    case "exited": {
      if (event.pid !== state.pid) return unchanged(state);
      const { exit } = event;
      const { rules, now } = about;
      const verdict = afterDeath(state.life.revival, exit, state.since, now, rules.revival);
      const life = { ...state.life, revival: verdict.revival };
      const after: After = verdict.revive ? { reviveAt: verdict.at } : { stopped: outcomeOf(exit) };
      return ended({ ...state, life }, event, after, isPremature(exit, rules.revival), about);
    }
    case "ready":
      return event.pid === state.pid && readiness.tag !== "ready"
        ? becomeReady(state)
        : unchanged(state);
    case "probed":
      if (event.pid !== state.pid || readiness.tag !== "looking") return unchanged(state);
      if (event.isReady) return becomeReady(state);
      return lookLater(state, readiness.looks + 1, about.now);
    case "wake":
      if (readiness.tag !== "unseen" || about.now < readiness.lookAt) return unchanged(state);
      return {
        state: { ...state, readiness: { tag: "looking", looks: readiness.looks } },
        effects: [{ type: "probe", pid: state.pid }],
      };
    case "restart":
      return stop(state, "respawn", about);
    case "stop":
      return stop(state, "stopped", about);
    case "destroy":
      return stop(state, "gone", about);
    case "create":
    case "start":
    case "started":
    case "failed":
    case "looked":
    case "go":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function waiting(state: In<"waiting">, event: Event, about: Circumstances): Step {
  switch (event.type) {
    case "wake":
      return about.now >= state.until ? revive(state.life, about) : unchanged(state);
    case "start":
    case "restart":
      return launch(state.life, about);
    case "stop":
      return rest(state.life, "told");
    case "destroy":
      return end();
    case "create":
    case "started":
    case "failed":
    case "ready":
    case "probed":
    case "exited":
    case "looked":
    case "go":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function held(state: In<"held">, event: Event, about: Circumstances): Step {
  switch (event.type) {
    case "go":
      return about.others.mayEnd ? stop(state, state.after, about) : unchanged(state);
    case "exited":
      if (event.pid !== state.pid) return unchanged(state);
      return ended(state, event, state.after, false, about);
    case "create":
      return recreate(state, event);
    case "start":
      return state.after === "stopped" ? tell(state, "respawn") : unchanged(state);
    case "restart":
      return tell(state, "respawn");
    case "stop":
      return tell(state, "stopped");
    case "destroy":
      return tell(state, "gone");
    case "started":
    case "failed":
    case "ready":
    case "probed":
    case "looked":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function stopping(state: In<"stopping">, event: Event, about: Circumstances): Step {
  switch (event.type) {
    case "exited":
      if (event.pid !== state.pid) return unchanged(state);
      return ended(state, event, state.after, false, about);
    case "wake": {
      if (about.now < state.stop.next) return unchanged(state);
      const { signal, stop } = nextSignal(state.stop.shots, about.now, about.rules.stop);
      return { state: { ...state, stop }, effects: [{ type: "signal", pid: state.group, signal }] };
    }
    case "create":
      return recreate(state, event);
    case "start":
      return state.after === "stopped" ? tell(state, "respawn") : unchanged(state);
    case "restart":
      return tell(state, "respawn");
    case "stop":
      return tell(state, "stopped");
    case "destroy":
      return tell(state, "gone");
    case "started":
    case "failed":
    case "ready":
    case "probed":
    case "looked":
    case "go":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function clearing(state: In<"clearing">, event: Event, about: Circumstances): Step {
  const { now, rules } = about;
  switch (event.type) {
    case "looked": {
      if (event.left.length === 0) return proceed(state.life, state.after, about);
      const lookAt = now + lookAgainAfter(state.looks);
      return {
        state: { ...state, groups: event.left, looks: state.looks + 1, lookAt },
        effects: [],
      };
    }
    case "wake": {
      const { groups } = state;
      const look = now < state.lookAt ? [] : [{ type: "look" as const, groups }];
      if (now < state.stop.next) return { state, effects: look };
      const { signal, stop } = nextSignal(state.stop.shots, now, clearingRules(state, rules));
      // A signal brings the next look forward, never back: signals may follow faster than looks.
      const lookAt = Math.min(state.lookAt, now + lookAgainAfter(0));
      return {
        state: { ...state, stop, looks: 0, lookAt },
        effects: [{ type: "signalGroups", groups, signal }, ...look],
      };
    }
    case "create":
      return recreate(state, event);
    case "start":
      return state.after === "gone" ? unchanged(state) : tell(state, "respawn");
    case "restart":
      return tell(state, "respawn");
    case "stop":
      return tell(state, "stopped");
    case "destroy":
      return tell(state, "gone");
    case "started":
    case "failed":
    case "ready":
    case "probed":
    case "exited":
    case "go":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function stopped(state: In<"stopped">, event: Event, about: Circumstances): Step {
  switch (event.type) {
    case "start":
    case "restart":
      return launch(state.life, about);
    case "stop":
      return state.why === "told" ? unchanged(state) : rest(state.life, "told");
    case "destroy":
      return end();
    case "create":
    case "started":
    case "failed":
    case "ready":
    case "probed":
    case "exited":
    case "looked":
    case "go":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function gone(state: In<"gone">, event: Event, about: Circumstances): Step {
  switch (event.type) {
    case "create": {
      const life = newLife(event);
      const after = event.stopped ? "stopped" : "respawn";
      if (event.previous.length > 0) return clear(life, event.previous, after, about, true);
      return proceed(life, after, about);
    }
    case "start":
    case "restart":
    case "stop":
    case "destroy":
    case "started":
    case "failed":
    case "ready":
    case "probed":
    case "exited":
    case "looked":
    case "go":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

/** A new creation of a name whose last one is still ending: it starts when that has gone. */
function recreate(
  state: In<"held" | "stopping" | "clearing">,
  event: Extract<Event, { type: "create" }>,
): Step {
  if (state.after !== "gone") return unchanged(state);
  const after = event.stopped ? "stopped" : "respawn";
  return {
    state: { ...state, life: newLife(event), after },
    effects: [report({ kind: "changed" })],
  };
}

/** The start under way is that of a creation that was destroyed since. */
function isAnothers({ after }: In<"starting">): boolean {
  return after === "recreate" || after === "dismiss";
}

/** Another order for a node that has one already. What was destroyed stays destroyed. */
function tell(state: In<"starting">, after: In<"starting">["after"]): Step;
function tell(state: In<"held" | "stopping" | "clearing">, after: Told): Step;
function tell(
  state: In<"starting" | "held" | "stopping" | "clearing">,
  after: In<"starting">["after"],
): Step {
  if (state.after === "gone" || state.after === after) return unchanged(state);
  return { state: { ...state, after } as State, effects: [] };
}
