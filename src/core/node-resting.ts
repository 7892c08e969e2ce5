/** The states without a process: what is to start one day, and what is not. */
import type { Circumstances, Event, In, Step } from "./life.ts";
import { clear, end, launch, newLife, proceed, rest, revive, spawn, unchanged } from "./moves.ts";

export function pending(state: In<"pending">, event: Event, about: Circumstances): Step {
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
    case "checked":
    case "exited":
    case "looked":
    case "wake":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

export function waiting(state: In<"waiting">, event: Event, about: Circumstances): Step {
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
    case "checked":
    case "exited":
    case "looked":
    case "go":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

export function stopped(state: In<"stopped">, event: Event, about: Circumstances): Step {
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

export function gone(state: In<"gone">, event: Event, about: Circumstances): Step {
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
