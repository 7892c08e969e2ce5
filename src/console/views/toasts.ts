/** What has become of an order, for a while; and what only a screen reader is told. */
import { byId, element, setText } from "./dom.ts";

export function toast(text: string, tone: "done" | "failed"): void {
  const shown = element("p", { class: `toast is-${tone}`, text });
  byId("toasts").append(shown);
  setTimeout(() => shown.remove(), tone === "failed" ? FAILED_MS : DONE_MS);
}

/** Not more than one in a while: who listens cannot skip. */
export class Herald {
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    this.#waiting.push(text);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const [first = ""] = this.#waiting;
      const more = this.#waiting.length - 1;
      setText(byId("said"), more > 0 ? `${first}, and ${more} more` : first);
      this.#waiting = [];
    }, CROWD_MS);
  }
}

const DONE_MS = 5_000;
const FAILED_MS = 12_000;
const CROWD_MS = 1_500;
