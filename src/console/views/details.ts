/** All about what is selected: a node, a group of them, or the whole tree. */
import { countLooks, LOOK_WORDS, lookOf } from "../model/look.ts";
import { printable } from "../model/printable.ts";
import {
  groupText,
  loadOfKey,
  nodeOfKey,
  nodesOfKey,
  roleText,
  STEM_KEY,
  SUPERVISOR_KEY,
} from "../model/rows.ts";
import type { NodeView } from "../model/tree.ts";
import { duration, exitText, revivalsOf, stateText } from "../model/words.ts";
import { ChartView } from "./charts.ts";
import { moment } from "./clock.ts";
import { CommandBar } from "./command-bar.ts";
import type { CrashesView } from "./crashes.ts";
import { byId, element, setChildren, setClass, setText } from "./dom.ts";
import { LifeLineView } from "./lifeline.ts";
import { setShape, shapeMark } from "./marks.ts";
import type { OutputView } from "./output.ts";
import { SettingsView } from "./settings.ts";
import type { Actions, Shown } from "./shown.ts";
import { Tabs } from "./tabs.ts";

export class DetailsView {
  readonly #mark = shapeMark("pending");
  readonly #title = element("h2", { attributes: { id: "details-title", tabindex: "-1" } });
  readonly #role = element("span", { class: "badge" });
  readonly #state = element("p", { class: "details-state" });
  readonly #facts = element("dl", { class: "facts" });
  readonly #life = new LifeLineView();
  readonly #cpu = new ChartView("cpu");
  readonly #memory = new ChartView("memory");
  readonly #settings = new SettingsView();
  readonly #commands: CommandBar;
  readonly #tabs: Tabs;
  readonly #crashes: CrashesView;
  #loadOf = { key: "", samples: -1 };

  constructor(actions: Actions, output: OutputView, crashes: CrashesView) {
    this.#crashes = crashes;
    this.#commands = new CommandBar(actions);
    this.#tabs = new Tabs(
      [
        { tab: "output", title: "Output", panel: output.element },
        { tab: "crashes", title: "Crashes", panel: crashes.element },
        { tab: "settings", title: "Settings", panel: this.#settings.element },
      ],
      (tab) => actions.change({ tab }),
    );
    const head = element("div", { class: "details-head" }, this.#mark, this.#title, this.#role);
    const charts = element("div", { class: "charts" }, this.#cpu.element, this.#memory.element);
    byId("details").append(
      head,
      this.#state,
      this.#commands.element,
      this.#facts,
      this.#life.element,
      charts,
      this.#tabs.element,
    );
  }

  draw(shown: Shown): void {
    const { tree, ui, now } = shown;
    const name = nodeOfKey(ui.selected);
    const node = name === undefined ? undefined : tree.nodes.get(name);
    if (name !== undefined && node === undefined) this.#drawGone(name);
    else if (node !== undefined) this.#drawNode(node, now);
    else this.#drawMany(shown);
    this.#life.element.hidden = node === undefined;
    this.#drawLoad(shown);
    this.#commands.draw(shown, node);
    this.#settings.draw(node?.status.node);
    this.#crashes.draw(shown, name);
    this.#tabs.draw(ui.tab, {
      output: true,
      crashes: shown.knows("crashes"),
      settings: node !== undefined,
    });
  }

  #drawNode(node: NodeView, now: number): void {
    const { status } = node;
    const look = lookOf(status);
    setShape(this.#mark, look);
    setText(this.#title, printable(node.name));
    this.#badge(roleText(status.node));
    const state = node.isLeaving ? "is told to end for good" : stateText(status, now);
    this.#stateIs(state, look);
    const { lastExit } = status;
    const last = lastExit && `${exitText(lastExit)}, ${duration(now - lastExit.at)} ago`;
    const up = `${moment(status.since, now)} (${duration(now - status.since)})`;
    this.#factsAre([
      ["PID", status.pid === undefined ? "–" : String(status.pid)],
      [status.state === "running" ? "Up since" : "Since", status.since > 0 ? up : "–"],
      ["Restarts", String(revivalsOf(status))],
      ["Last exit", last ?? "–"],
    ]);
    this.#life.draw(node.life, revivalsOf(status), now);
  }

  #drawMany({ tree, ui, hello }: Shown): void {
    const nodes = nodesOfKey(tree, ui.selected);
    const looks = countLooks(nodes.map(({ status }) => lookOf(status)));
    const words = looks.map(([look, count]) => `${count} ${LOOK_WORDS[look]}`).join(", ");
    const isGroup = ui.selected !== SUPERVISOR_KEY && ui.selected !== STEM_KEY;
    const shape = isGroup ? "group" : ui.selected === STEM_KEY ? "stem" : "supervisor";
    setShape(this.#mark, shape);
    this.#badge("");
    const role = ui.selected.replace(/^group /, "");
    const title = shape === "stem" ? "Stem" : "Supervisor";
    setText(this.#title, isGroup ? groupText(role, nodes.length) : title);
    this.#stateIs(words === "" ? "no nodes" : words, looks.at(-1)?.[0] ?? "pending");
    const revivals = nodes.reduce((sum, { status }) => sum + revivalsOf(status), 0);
    const { pid } = shape === "stem" ? tree.stem : { pid: hello?.pid };
    const alive = nodes.filter(({ status }) => status.pid !== undefined).length;
    this.#factsAre([
      ...(isGroup ? [] : ([["PID", pid === undefined ? "–" : String(pid)]] as [string, string][])),
      ["Nodes", String(nodes.length)],
      ["With a process", String(alive)],
      ["Restarts", String(revivals)],
    ]);
  }

  /** Of many nodes it is a long sum: once for each sample. */
  #drawLoad({ tree, ui }: Shown): void {
    const { samples } = tree;
    if (this.#loadOf.key === ui.selected && this.#loadOf.samples === samples) return;
    this.#loadOf = { key: ui.selected, samples };
    const load = loadOfKey(tree, ui.selected);
    this.#cpu.draw(load);
    this.#memory.draw(load);
  }

  #drawGone(name: string): void {
    setShape(this.#mark, "stopped");
    setText(this.#title, printable(name));
    this.#badge("");
    this.#stateIs("there is no such node any more", "stopped");
    this.#factsAre([]);
  }

  #badge(text: string): void {
    setText(this.#role, text);
    this.#role.hidden = text === "";
  }

  #stateIs(text: string, look: string): void {
    setText(this.#state, text);
    setClass(this.#state, `details-state is-${look}`);
  }

  #factsAre(facts: readonly (readonly [string, string])[]): void {
    const isSame = this.#facts.childElementCount === facts.length;
    if (!isSame)
      setChildren(
        this.#facts,
        facts.map(() => element("div", {}, element("dt"), element("dd"))),
      );
    for (const [index, [title, value]] of facts.entries()) {
      const [dt, dd] = this.#facts.children[index]?.children ?? [];
      if (dt === undefined || dd === undefined) continue;
      setText(dt, title);
      setText(dd, value);
    }
  }
}
