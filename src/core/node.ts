/**
 * The life of one node: `step` decides, and does nothing else.
 *
 * Why no node can ever run twice: only `spawn` (below) returns the effect that starts a process,
 * and it leaves the node "starting", which only the outcome of that very start can end. Every
 * other road to `spawn` begins in a state without a process: "pending", "waiting", "stopped", or
 * a stop of which the whole process group has been seen to be gone.
 */
import type { After, Effect, Event, Life, News, Rules, State, Step } from "./life.ts";
import { afterDeath, attempted, FRESH, isPremature } from "./revival.ts";
import { forRemains, lookAgainAfter, nextSignal, type StopRules } from "./stopping.ts";

/**
 * One step of a node's life.
 * @param now monotonic milliseconds
 * @param rules those of the process that runs or ran last
 */
export function step(state: State, event: Event, now: number, rules: Rules): Step {
  switch (state.tag) {
    case "pending":
      return pending(state, event, now, rules);
    case "starting":
      return starting(state, event, now, rules);
    case "running":
      return running(state, event, now, rules);
    case "waiting":
      return waiting(state, event, now);
    case "stopping":
      return stopping(state, event, now, rules);
    case "clearing":
      return clearing(state, event, now, rules);
    case "stopped":
      return stopped(state, event, now);
    case "gone":
      return gone(state, event, now, rules);
    default:
      return state satisfies never;
  }
}

type In<Tag extends State["tag"]> = Extract<State, { tag: Tag }>;

function pending(state: In<"pending">, event: Event, now: number, rules: Rules): Step {
  switch (event.type) {
    case "create":
      return create(event, now, rules);
    case "restart":
      return spawn(state.life, now);
    case "destroy":
      return end();
    case "started":
    case "failed":
    case "exited":
    case "looked":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function starting(state: In<"starting">, event: Event, now: number, rules: Rules): Step {
  switch (event.type) {
    case "started": {
      if (state.after === "recreate") {
        const { life, since } = state;
        return stop({ tag: "running", life, pid: event.pid, since }, "respawn", now, rules);
      }
      const life = { ...state.life, generation: state.life.generation + 1 };
      const news: News = { kind: "started", revived: state.revived };
      const running: State = { tag: "running", life, pid: event.pid, since: state.since };
      const begun: Step = { state: running, effects: [report(news)] };
      return state.after === "run" ? begun : chain(begun, stop(running, state.after, now, rules));
    }
    case "failed": {
      if (state.after === "gone") return end();
      if (state.after === "recreate") return spawn(state.life, now);
      if (state.after === "respawn")
        return chain({ state, effects: [report({ kind: "failed" })] }, spawn(state.life, now));
      const verdict = afterDeath(state.life.revival, { code: 1 }, state.since, now, rules.revival);
      const life = { ...state.life, revival: verdict.revival };
      return {
        state: verdict.revive
          ? { tag: "waiting", life, until: verdict.at }
          : { tag: "stopped", life },
        effects: [report({ kind: "failed" })],
      };
    }
    case "create":
      return state.after === "gone"
        ? { state: { ...state, life: newLife(event), after: "recreate" }, effects: [] }
        : unchanged(state);
    case "restart":
      return state.after === "gone" || state.after === "recreate"
        ? unchanged(state)
        : { state: { ...state, after: "respawn" }, effects: [] };
    case "destroy":
      return { state: { ...state, after: "gone" }, effects: [] };
    case "exited":
    case "looked":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function running(state: In<"running">, event: Event, now: number, rules: Rules): Step {
  switch (event.type) {
    case "exited": {
      if (event.pid !== state.pid) return unchanged(state);
      const { pid, exit } = event;
      const verdict = afterDeath(state.life.revival, exit, state.since, now, rules.revival);
      const life = { ...state.life, revival: verdict.revival };
      const after: After = verdict.revive ? { reviveAt: verdict.at } : "stopped";
      const next = event.remains
        ? clear(life, [pid], after, now, rules)
        : proceed(life, after, now);
      return chain(
        {
          state,
          effects: [
            report({ kind: "exited", pid, exit, premature: isPremature(exit, rules.revival) }),
          ],
        },
        next,
      );
    }
    case "restart":
      return stop(state, "respawn", now, rules);
    case "destroy":
      return stop(state, "gone", now, rules);
    case "create":
    case "started":
    case "failed":
    case "looked":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function waiting(state: In<"waiting">, event: Event, now: number): Step {
  switch (event.type) {
    case "wake":
      return now >= state.until ? revive(state.life, now) : unchanged(state);
    case "restart":
      return spawn(state.life, now);
    case "destroy":
      return end();
    case "create":
    case "started":
    case "failed":
    case "exited":
    case "looked":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function stopping(state: In<"stopping">, event: Event, now: number, rules: Rules): Step {
  switch (event.type) {
    case "exited": {
      if (event.pid !== state.pid) return unchanged(state);
      const { pid, exit } = event;
      const next = event.remains
        ? clear(state.life, [pid], state.after, now, rules)
        : proceed(state.life, state.after, now);
      return chain(
        { state, effects: [report({ kind: "exited", pid, exit, premature: false })] },
        next,
      );
    }
    case "wake": {
      if (now < state.stop.next) return unchanged(state);
      const { signal, stop } = nextSignal(state.stop.shots, now, rules.stop);
      return { state: { ...state, stop }, effects: [{ type: "signal", pid: state.pid, signal }] };
    }
    case "create":
      return state.after === "gone"
        ? {
            state: { ...state, life: newLife(event), after: "respawn" },
            effects: [report({ kind: "changed" })],
          }
        : unchanged(state);
    case "destroy":
      return { state: { ...state, after: "gone" }, effects: [] };
    case "restart":
    case "started":
    case "failed":
    case "looked":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function clearing(state: In<"clearing">, event: Event, now: number, rules: Rules): Step {
  switch (event.type) {
    case "looked": {
      if (event.left.length === 0) return proceed(state.life, state.after, now);
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
      return state.after === "gone"
        ? {
            state: { ...state, life: newLife(event), after: "respawn" },
            effects: [report({ kind: "changed" })],
          }
        : unchanged(state);
    case "restart":
      return state.after === "gone"
        ? unchanged(state)
        : { state: { ...state, after: "respawn" }, effects: [] };
    case "destroy":
      return { state: { ...state, after: "gone" }, effects: [] };
    case "started":
    case "failed":
    case "exited":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function stopped(state: In<"stopped">, event: Event, now: number): Step {
  switch (event.type) {
    case "restart":
      return spawn(state.life, now);
    case "destroy":
      return end();
    case "create":
    case "started":
    case "failed":
    case "exited":
    case "looked":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function gone(state: In<"gone">, event: Event, now: number, rules: Rules): Step {
  switch (event.type) {
    case "create":
      return create(event, now, rules);
    case "restart":
    case "destroy":
    case "started":
    case "failed":
    case "exited":
    case "looked":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function create(event: Extract<Event, { type: "create" }>, now: number, rules: Rules): Step {
  const life = newLife(event);
  if (event.previous.length === 0) return spawn(life, now);
  return clear(life, event.previous, "respawn", now, rules, true);
}

/** The only place from which a process is ever started. */
function spawn(life: Life, now: number, revived = false): Step {
  return {
    state: { tag: "starting", life, since: now, revived, after: "run" },
    effects: [{ type: "spawn" }],
  };
}

function revive(life: Life, now: number): Step {
  return spawn({ ...life, revival: attempted(life.revival) }, now, true);
}

function stop(state: In<"running">, after: "respawn" | "gone", now: number, rules: Rules): Step {
  const { life, pid } = state;
  const first = nextSignal(0, now, rules.stop);
  return {
    state: { tag: "stopping", life, pid, stop: first.stop, after },
    effects: [{ type: "signal", pid, signal: first.signal }, report({ kind: "changed" })],
  };
}

/** Ends what is left of process groups, and does what follows once they are empty. */
function clear(
  life: Life,
  groups: readonly number[],
  after: After,
  now: number,
  rules: Rules,
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
function proceed(life: Life, after: After, now: number): Step {
  if (after === "respawn") return spawn(life, now);
  if (after === "gone") return end();
  if (after === "stopped")
    return { state: { tag: "stopped", life }, effects: [report({ kind: "changed" })] };
  if (now >= after.reviveAt) return revive(life, now);
  return {
    state: { tag: "waiting", life, until: after.reviveAt },
    effects: [report({ kind: "changed" })],
  };
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
