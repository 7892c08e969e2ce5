/** What has happened, the newest first. */
import { printable } from "../model/printable.ts";
import { nodeKey } from "../model/rows.ts";
import type { FeedItem } from "../model/tree.ts";
import { exactTime } from "./clock.ts";
import { byId, element, setText } from "./dom.ts";
import { shapeMark } from "./marks.ts";
import type { Actions, Shown } from "./shown.ts";

export class FeedView {
  readonly #list = byId("events");
  readonly #note = byId("events-note");
  readonly #actions: Actions;
  #newest = 0;

  constructor(actions: Actions) {
    this.#actions = actions;
  }

  draw({ tree: { feed } }: Shown): void {
    const fresh = feed.filter(({ id }) => id > this.#newest);
    if (fresh.length > 0) {
      this.#newest = fresh.at(-1)?.id ?? this.#newest;
      this.#list.prepend(...fresh.reverse().map((item) => this.#item(item)));
      while (this.#list.childElementCount > MOST) this.#list.lastElementChild?.remove();
    }
    setText(
      this.#note,
      feed.length === 0 ? "Nothing has happened since this page was opened." : "",
    );
  }

  #item({ at, kind, text, node }: FeedItem): HTMLElement {
    const time = element("time", { text: exactTime(at) });
    const mark = shapeMark(SHAPES[kind] ?? "pending");
    const words = printable(text);
    const what =
      node === undefined
        ? element("span", { class: "event-text", text: words })
        : element("button", {
            class: "event-text",
            text: words,
            attributes: { type: "button" },
            on: { click: () => this.#actions.change({ selected: nodeKey(node), pane: "details" }) },
          });
    const item = element("li", { class: `event of-${kind}` }, time, mark, what);
    return item;
  }
}

const SHAPES: Readonly<Record<FeedItem["kind"], Parameters<typeof shapeMark>[0]>> = {
  created: "pending",
  destroyed: "stopping",
  started: "running",
  revived: "running",
  failed: "failed",
  ready: "running",
  exited: "waiting",
  unhealthy: "ailing",
  changed: "pending",
  gone: "stopped",
  stem: "stem",
  command: "supervisor",
  peer: "group",
  reload: "supervisor",
  ending: "stopping",
};
const MOST = 300;
