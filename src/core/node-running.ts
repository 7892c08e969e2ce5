/** A process that runs, and nobody has told to end. */
import { afterCheck, beginCheck, type HealthTrouble, unhealthyText } from "./checking.ts";
import type { After, Circumstances, Event, In, Step } from "./life.ts";
import {
  becomeReady,
  chain,
  ended,
  lookLater,
  outcomeOf,
  report,
  stop,
  unchanged,
} from "./moves.ts";
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
        ? becomeReady(state, about)
        : unchanged(state);
    case "probed":
      if (event.pid !== state.pid || readiness.tag !== "looking") return unchanged(state);
      if (event.isReady) return becomeReady(state, about);
      return lookLater(state, readiness.looks + 1, about.now);
    case "checked":
      return event.pid === state.pid ? checked(state, event.reason, about) : unchanged(state);
    case "wake":
      return look(state, about.now);
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

/** It is looked at from outside: until it is ready, whether it is; from then on, how it is. */
function look(state: In<"running">, now: number): Step {
  const { readiness, health, pid } = state;
  if (readiness.tag === "unseen" && now >= readiness.lookAt) {
    return {
      state: { ...state, readiness: { tag: "looking", looks: readiness.looks } },
      effects: [{ type: "probe", pid }],
    };
  }
  if (health.tag === "due" && now >= health.checkAt)
    return { state: { ...state, health: beginCheck(health) }, effects: [{ type: "check", pid }] };
  return unchanged(state);
}

/** @param reason why the check failed, if it did */
function checked(state: In<"running">, reason: string | undefined, about: Circumstances): Step {
  const { now, rules } = about;
  if (state.health.tag !== "checking" || rules.health === undefined) return unchanged(state);
  const health = afterCheck(state.health, reason, rules.health, now);
  const { trouble } = health;
  const next: Step = {
    state: { ...state, health },
    effects: trouble === state.health.trouble ? [] : [report({ kind: "checked" })],
  };
  if (trouble === undefined || trouble.failures < trouble.limit) return next;
  return giveUp(state, trouble, unhealthyText(rules.health, trouble), about);
}

/**
 * It is told to end, and what follows is what would follow its death. It has lived until it was last
 * seen to be well: one that never was does not start afresh each time for having been patiently checked.
 */
function giveUp(
  state: In<"running">,
  trouble: HealthTrouble,
  unhealthy: string,
  about: Circumstances,
): Step {
  const { life, since, health } = state;
  const wellAt = health.tag === "unchecked" ? about.now : health.wellAt;
  const verdict = afterDeath(life.revival, { unhealthy }, since, wellAt, about.rules.revival);
  const after: After = verdict.revive ? { reviveAt: verdict.at } : { stopped: "failed" };
  const ill = { ...state, life: { ...life, revival: verdict.revival }, unhealthy };
  const news: Step = {
    state,
    effects: [report({ kind: "unhealthy", trouble, revived: verdict.revive })],
  };
  return chain(news, stop(ill, after, about));
}
