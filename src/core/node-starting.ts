/** A start under way: only its outcome ends it, whatever the node is told meanwhile. */
import { firstHealth } from "./checking.ts";
import type { Circumstances, Event, In, News, Step } from "./life.ts";
import { chain, end, launch, newLife, report, rest, stop, tell, unchanged } from "./moves.ts";
import { firstReadiness } from "./readiness.ts";
import { afterDeath } from "./revival.ts";

export function starting(state: In<"starting">, event: Event, about: Circumstances): Step {
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
      const isReady = readiness.tag === "ready";
      const health = firstHealth(isReady ? about.rules.health : undefined, about.now);
      const begun: Step = {
        state: { tag: "running", life, pid, group, since, readiness, health },
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
    case "checked":
    case "exited":
    case "looked":
    case "go":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

/** The start under way is that of a creation that was destroyed since. */
function isAnothers({ after }: In<"starting">): boolean {
  return after === "recreate" || after === "dismiss";
}
