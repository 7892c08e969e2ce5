/** What was told to end, or has: its process first, then what is left of its group. */
import type { Circumstances, Event, In, Step } from "./life.ts";
import { clearingRules, ended, newLife, proceed, report, stop, tell, unchanged } from "./moves.ts";
import { lookAgainAfter, nextSignal } from "./stopping.ts";

export function held(state: In<"held">, event: Event, about: Circumstances): Step {
  switch (event.type) {
    case "go":
      return about.others.mayEnd ? stop(state, state.after, about) : unchanged(state);
    case "exited":
      if (event.pid !== state.pid) return unchanged(state);
      return ended(state, event, state.after, isFailed(state), about);
    case "create":
      return recreate(state, event);
    case "start":
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
    case "checked":
    case "looked":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

export function stopping(state: In<"stopping">, event: Event, about: Circumstances): Step {
  switch (event.type) {
    case "exited":
      if (event.pid !== state.pid) return unchanged(state);
      return ended(state, event, state.after, isFailed(state), about);
    case "wake": {
      if (about.now < state.stop.next) return unchanged(state);
      const { signal, stop } = nextSignal(state.stop.shots, about.now, about.rules.stop);
      return { state: { ...state, stop }, effects: [{ type: "signal", pid: state.group, signal }] };
    }
    case "create":
      return recreate(state, event);
    case "start":
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
    case "checked":
    case "looked":
    case "go":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

export function clearing(state: In<"clearing">, event: Event, about: Circumstances): Step {
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
    case "checked":
    case "exited":
    case "go":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

/** It has failed its checks, and nobody has given an order since. */
function isFailed({ after }: In<"held" | "stopping">): boolean {
  return typeof after === "object";
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
