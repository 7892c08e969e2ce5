/** The moves of a node's life: what a start, a stop and an end do, whatever they were caused by. */
import { firstHealth } from "./checking.ts";
import type {
  After,
  Circumstances,
  Effect,
  Event,
  In,
  Leaving,
  Life,
  News,
  Rules,
  Running,
  State,
  Step,
  Told,
} from "./life.ts";
import { lookAfter } from "./readiness.ts";
import { attempted, type Exit, FRESH } from "./revival.ts";
import type { StoppedWhy } from "./status.ts";
import { forRemains, lookAgainAfter, nextSignal, type StopRules } from "./stopping.ts";

/** A start: at once, or as soon as the nodes that it comes after allow it. */
export function launch(life: Life, about: Circumstances, revived = false): Step {
  if (about.others.mayStart) return spawn(life, about, revived);
  return {
    state: { tag: "pending", life, since: about.now, revived },
    effects: [report({ kind: "changed" })],
  };
}

/** The only place from which a process is ever started. */
export function spawn(life: Life, { now }: Circumstances, revived: boolean): Step {
  return {
    state: { tag: "starting", life, since: now, revived, after: "run" },
    effects: [{ type: "spawn" }],
  };
}

export function revive(life: Life, about: Circumstances): Step {
  return launch({ ...life, revival: attempted(life.revival) }, about, true);
}

export function becomeReady(state: In<"running">, { now, rules }: Circumstances): Step {
  const health = firstHealth(rules.health, now);
  return {
    state: { ...state, readiness: { tag: "ready" }, health },
    effects: [report({ kind: "ready" })],
  };
}

export function lookLater(state: In<"running">, looks: number, now: number): Step {
  return {
    state: { ...state, readiness: { tag: "unseen", looks, lookAt: now + lookAfter(looks) } },
    effects: [],
  };
}

interface Process extends Running {
  life: Life;
  since: number;
  unhealthy?: string;
}

/** Tells a process to end: at once, or as soon as the nodes that come after it have ended. */
export function stop(
  { life, pid, group, since, unhealthy }: Process,
  after: After,
  { now, rules, others }: Circumstances,
): Step {
  const told = report({ kind: "changed" });
  const leaving: Leaving = { life, pid, group, after, ...(unhealthy && { unhealthy }) };
  if (!others.mayEnd) return { state: { tag: "held", since, ...leaving }, effects: [told] };
  const first = nextSignal(0, now, rules.stop);
  return {
    state: { tag: "stopping", ...leaving, stop: first.stop },
    effects: [{ type: "signal", pid: group, signal: first.signal }, told],
  };
}

/** Its process has ended: first what is left of its group goes. */
export function ended(
  { life, group, unhealthy }: { life: Life; unhealthy?: string } & Running,
  { pid, exit: how, remains }: Extract<Event, { type: "exited" }>,
  after: After,
  premature: boolean,
  about: Circumstances,
): Step {
  const exit = unhealthy === undefined ? how : { ...how, unhealthy };
  const effects = [report({ kind: "exited", pid, exit, premature })];
  const next = remains ? clear(life, [group], after, about) : proceed(life, after, about);
  return { state: next.state, effects: [...effects, ...next.effects] };
}

/** Ends what is left of process groups, and does what follows once they are empty. */
export function clear(
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
export function clearingRules(state: { inherited: boolean }, rules: Rules): StopRules {
  return state.inherited ? rules.stop : forRemains(rules.stop);
}

/** Nothing of the node lives any more: go on with what was to follow. */
export function proceed(life: Life, after: After, about: Circumstances): Step {
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

export function rest(life: Life, why: StoppedWhy): Step {
  return { state: { tag: "stopped", life, why }, effects: [report({ kind: "changed" })] };
}

export function outcomeOf({ code }: Exit): "done" | "failed" {
  return code === 0 ? "done" : "failed";
}

export function end(): Step {
  return { state: { tag: "gone" }, effects: [report({ kind: "gone" })] };
}

export function newLife(event: Extract<Event, { type: "create" }>): Life {
  return { generation: event.generation, revival: FRESH };
}

/** Another order for a node that has one already. What was destroyed stays destroyed. */
export function tell(state: In<"starting">, after: In<"starting">["after"]): Step;
export function tell(state: In<"held" | "stopping" | "clearing">, after: Told): Step;
export function tell(
  state: In<"starting" | "held" | "stopping" | "clearing">,
  after: In<"starting">["after"],
): Step {
  if (state.after === "gone" || state.after === after) return unchanged(state);
  return { state: { ...state, after } as State, effects: [] };
}

export function report(news: News): Effect {
  return { type: "report", news };
}

export function unchanged(state: State): Step {
  return { state, effects: [] };
}

export function chain(first: Step, second: Step): Step {
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}
