/**
 * The life of one node: `step` decides, and does nothing else.
 *
 * Why no node can ever run twice: only `spawn` (below) returns the effect that starts a process,
 * and it leaves the node "starting", which only the outcome of that very start can end. Every
 * other road to `spawn` begins in a state without a process: "pending", "waiting", "stopped", or
 * a stop of which the whole process group has been seen to be gone.
 */
import type {
  After,
  Effect,
  Event,
  Life,
  News,
  Others,
  Rules,
  Running,
  State,
  Step,
  StoppedWhy,
  Told,
} from "./life.ts";
import { firstReadiness, lookAfter } from "./readiness.ts";
import { afterDeath, attempted, type Exit, FRESH, isPremature } from "./revival.ts";
import { forRemains, lookAgainAfter, nextSignal, type StopRules } from "./stopping.ts";

/** All that a step depends on beside the state and the event. */
export interface Circumstances {
  /** Monotonic milliseconds. */
  now: number;
  /** Those of the process that runs or ran last. */
  rules: Rules;
  others: Others;
}

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

type In<Tag extends State["tag"]> = Extract<State, { tag: Tag }>;

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
      const look: Effect[] = now < state.lookAt ? [] : [{ type: "look", groups }];
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

/** A start: at once, or as soon as the nodes that it comes after allow it. */
function launch(life: Life, about: Circumstances, revived = false): Step {
  if (about.others.mayStart) return spawn(life, about, revived);
  return {
    state: { tag: "pending", life, since: about.now, revived },
    effects: [report({ kind: "changed" })],
  };
}

/** The only place from which a process is ever started. */
function spawn(life: Life, { now }: Circumstances, revived: boolean): Step {
  return {
    state: { tag: "starting", life, since: now, revived, after: "run" },
    effects: [{ type: "spawn" }],
  };
}

function revive(life: Life, about: Circumstances): Step {
  return launch({ ...life, revival: attempted(life.revival) }, about, true);
}

function becomeReady(state: In<"running">): Step {
  return {
    state: { ...state, readiness: { tag: "ready" } },
    effects: [report({ kind: "ready" })],
  };
}

function lookLater(state: In<"running">, looks: number, now: number): Step {
  return {
    state: { ...state, readiness: { tag: "unseen", looks, lookAt: now + lookAfter(looks) } },
    effects: [],
  };
}

/** Tells a process to end: at once, or as soon as the nodes that come after it have ended. */
function stop(
  { life, pid, group, since }: { life: Life; since: number } & Running,
  after: Told,
  { now, rules, others }: Circumstances,
): Step {
  const told = report({ kind: "changed" });
  if (!others.mayEnd)
    return { state: { tag: "held", life, pid, group, since, after }, effects: [told] };
  const first = nextSignal(0, now, rules.stop);
  return {
    state: { tag: "stopping", life, pid, group, stop: first.stop, after },
    effects: [{ type: "signal", pid: group, signal: first.signal }, told],
  };
}

/** Its process has ended: first what is left of its group goes. */
function ended(
  { life, group }: { life: Life } & Running,
  { pid, exit, remains }: Extract<Event, { type: "exited" }>,
  after: After,
  premature: boolean,
  about: Circumstances,
): Step {
  const effects = [report({ kind: "exited", pid, exit, premature })];
  const next = remains ? clear(life, [group], after, about) : proceed(life, after, about);
  return { state: next.state, effects: [...effects, ...next.effects] };
}

/** Ends what is left of process groups, and does what follows once they are empty. */
function clear(
  life: Life,
  groups: readonly number[],
  after: After,
  { now, rules }: Circumstances,
  inherited = false,
): Step {
  const first = nextSignal(0, now, clearingRules({ inherited }, rules));
  return {
    state: {
      tag: "clearing",
      life,
      groups,
      inherited,
      stop: first.stop,
      looks: 0,
      lookAt: now + lookAgainAfter(0),
      after,
    },
    effects: [{ type: "signalGroups", groups, signal: first.signal }, report({ kind: "changed" })],
  };
}

/** A group that an earlier Stem left still has its leader, and the leader its full stop policy. */
function clearingRules(state: { inherited: boolean }, rules: Rules): StopRules {
  return state.inherited ? rules.stop : forRemains(rules.stop);
}

/** Nothing of the node lives any more: go on with what was to follow. */
function proceed(life: Life, after: After, about: Circumstances): Step {
  if (after === "respawn") return launch(life, about);
  if (after === "gone") return end();
  if (after === "stopped") return rest(life, "told");
  if ("stopped" in after) return rest(life, after.stopped);
  if (about.now >= after.reviveAt) return revive(life, about);
  return {
    state: { tag: "waiting", life, until: after.reviveAt },
    effects: [report({ kind: "changed" })],
  };
}

function rest(life: Life, why: StoppedWhy): Step {
  return { state: { tag: "stopped", life, why }, effects: [report({ kind: "changed" })] };
}

function outcomeOf({ code }: Exit): "done" | "failed" {
  return code === 0 ? "done" : "failed";
}

function end(): Step {
  return { state: { tag: "gone" }, effects: [report({ kind: "gone" })] };
}

function newLife(event: Extract<Event, { type: "create" }>): Life {
  return { generation: event.generation, revival: FRESH };
}

function report(news: News): Effect {
  return { type: "report", news };
}

function unchanged(state: State): Step {
  return { state, effects: [] };
}

function chain(first: Step, second: Step): Step {
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}
