/** A process that runs, and nobody has told to end. */
import type { After, Circumstances, Event, In, Step } from "./life.ts";
import { becomeReady, ended, lookLater, outcomeOf, stop, unchanged } from "./moves.ts";
import { afterDeath, isPremature } from "./revival.ts";

export function running(state: In<"running">, event: Event, about: Circumstances): Step {
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
