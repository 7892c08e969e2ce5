/** The page as a whole: what is told and what is chosen becomes what is shown, once a frame. */
import type { Reloaded } from "../core/api.ts";
import { type CrashSummary, crashesOf, crashOf } from "./model/crash.ts";
import type { Mark } from "./model/life.ts";
import { reloadedText } from "./model/plan.ts";
import { printable } from "./model/printable.ts";
import { nodeOfKey, nodesOfKey, STEM_KEY, SUPERVISOR_KEY } from "./model/rows.ts";
import { EMPTY, type Told, type Tree, told } from "./model/tree.ts";
import { Orders } from "./orders.ts";
import { LOST, type Phase, type RequestError } from "./protocol/connection.ts";
import { Follow } from "./protocol/follow.ts";
import { Session } from "./protocol/session.ts";
import type { TokenKeeper } from "./token-keeper.ts";
import { CrashesView } from "./views/crashes.ts";
import { DetailsView } from "./views/details.ts";
import { askToken } from "./views/dialogs.ts";
import { byId, setAttribute, setText } from "./views/dom.ts";
import { FeedView } from "./views/feed.ts";
import { HeaderView } from "./views/header.ts";
import { OutputView } from "./views/output.ts";
import type { Reloading, Shown, Ui } from "./views/shown.ts";
import { Herald, toast } from "./views/toasts.ts";
import { TreeView } from "./views/tree-view.ts";

export class App {
  readonly session: Session;
  tree: Tree = EMPTY;
  ui: Ui = {
    selected: SUPERVISOR_KEY,
    text: "",
    looks: new Set(),
    closed: new Set(),
    tab: "output",
    pane: "tree",
  };
  /** Something else was opened, which is shown from its beginning. */
  #isOpened = false;
  #phase: Phase = { is: "connecting" };
  #silence = 0;
  #isDue = false;
  #following: { key: string; names: string; follow: Follow } | undefined;
  #followTimer: ReturnType<typeof setTimeout> | undefined;
  #crashTimer: ReturnType<typeof setTimeout> | undefined;
  #reloading: Reloading;
  /** Of a reload whose outcome is not known yet: how many there had been before, and when it was ordered. */
  #awaited: { after: number; at: number } | undefined;
  #version: string | undefined;
  readonly #herald = new Herald();
  readonly #tokens: TokenKeeper;
  readonly #output = new OutputView();
  readonly #crashes: CrashesView;
  readonly #tree: TreeView;
  readonly #views: readonly { draw(shown: Shown): void }[];

  constructor(base: URL, tokens: TokenKeeper) {
    this.#tokens = tokens;
    this.session = new Session(base, () => tokens.token, {
      phase: (phase) => this.#phaseIs(phase),
      hello: () => this.#begun(),
      told: (what) => this.#told(what),
      silent: (milliseconds) => {
        if (milliseconds === this.#silence) return;
        this.#silence = milliseconds;
        this.draw();
      },
    });
    this.#crashes = new CrashesView((id) => void this.#openCrash(id));
    const orders = new Orders(this);
    const actions = {
      change: (ui: Partial<Ui>) => this.change(ui),
      order: orders.order,
      reload: orders.reload,
    };
    this.#tree = new TreeView(actions);
    this.#views = [
      new HeaderView(actions),
      this.#tree,
      new DetailsView(actions, this.#output, this.#crashes),
      new FeedView(actions),
    ];
    setInterval(() => this.draw(), TICK_MS);
  }

  start(): void {
    this.session.connection.connect();
    this.draw();
  }

  /** Connects now, if the connection is lost. */
  retry(): void {
    if (this.#phase.is === "lost") this.session.connection.connect();
  }

  change(ui: Partial<Ui>): void {
    if (ui.pane === "details" && ui.selected !== this.ui.selected) this.#isOpened = true;
    this.ui = { ...this.ui, ...ui };
    if (ui.tab === "crashes") this.#loadCrashesSoon(0);
    this.#followSoon(FOLLOW_MS);
    this.draw();
  }

  /** Moves the focus into the tree: to what is selected, or else to the first node that is shown. */
  enterTree(): void {
    // The filter that was typed may not be drawn yet, and a pane that is hidden takes no focus.
    this.#drawNow();
    this.#tree.enter();
  }

  /** Says what a reload has done, once the next Supervisor is there. @param count of reloads before */
  afterReload(count: number): void {
    this.#awaited = { after: count, at: performance.now() };
    this.#askReloaded();
  }

  get reloading(): Reloading {
    return this.#reloading;
  }

  set reloading(reloading: Reloading) {
    this.#reloading = reloading;
    this.draw();
  }

  get mayAct(): boolean {
    return this.#phase.is === "open" && this.session.hello?.mayControl === true;
  }

  /** In the next frame; nothing is drawn that nobody sees but the title. */
  draw(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const act = (): void => {
      this.#isDue = false;
      this.#drawNow();
    };
    if (document.hidden) setTimeout(act, HIDDEN_MS);
    else requestAnimationFrame(act);
  }

  #drawNow(): void {
    const shown: Shown = {
      tree: this.tree,
      ui: this.ui,
      phase: this.#phase,
      hello: this.session.hello,
      silence: this.#silence,
      now: Date.now() + this.tree.skew,
      mayAct: this.mayAct,
      reloading: this.#shownReloading(),
      knows: (method) => this.session.knows(method),
    };
    setAttribute(byId("main"), "data-pane", this.ui.pane);
    for (const tab of document.querySelectorAll<HTMLElement>(".pane-tabs [data-pane]"))
      setAttribute(tab, "aria-current", String(tab.dataset["pane"] === this.ui.pane));
    for (const view of this.#views) view.draw(shown);
    // Not before: what is hidden cannot be scrolled.
    if (this.#isOpened) byId("details").scrollTop = 0;
    this.#isOpened = false;
    const problem = bannerText(shown);
    setText(byId("banner"), problem);
    byId("banner").hidden = problem === "";
    setAttribute(
      document.body,
      "data-stale",
      String(this.tree.isKnown && this.#phase.is !== "open"),
    );
  }

  #phaseIs(phase: Phase): void {
    const before = this.#phase.is;
    this.#phase = phase;
    if (phase.is !== "open") this.#silence = 0;
    if (phase.is === "lost" && before === "open") this.#herald.say("connection lost");
    if (phase.is === "locked")
      askToken(phase.wrong, (token) => {
        this.#tokens.token = token;
        this.session.connection.connect();
      });
    this.draw();
  }

  #begun(): void {
    this.#following?.follow.begin(this.session.hello?.instance ?? "");
    this.#followSoon(0);
    this.#loadCrashesSoon(0);
    this.#askReloaded();
    const version = this.session.hello?.version;
    if (this.#version !== undefined && this.#version !== version)
      toast(`the Supervisor is ${version} now: load this page again`, "done");
    this.#version ??= version;
    this.draw();
  }

  #askReloaded(): void {
    if (this.#awaited === undefined || !this.session.connection.isOpen) return;
    const { after } = this.#awaited;
    this.session.connection.ask("reloaded", { after }).then(
      (outcome) => {
        this.#reloadIsOver();
        const { error } = outcome as Reloaded;
        const text = printable(reloadedText(outcome as Reloaded));
        toast(text, error === undefined ? "done" : "failed");
      },
      (error: RequestError) => {
        // A connection that is lost is how the old Supervisor goes: the next one is asked.
        if (error.code === LOST) return;
        this.#reloadIsOver();
        toast(`reload: ${printable(error.message)}`, "failed");
      },
    );
  }

  #reloadIsOver(): void {
    this.#awaited = undefined;
    this.reloading = undefined;
  }

  /** A Supervisor that does not come back in time does not only replace itself. */
  #shownReloading(): Reloading {
    const waited = performance.now() - (this.#awaited?.at ?? performance.now());
    return this.#phase.is !== "open" && waited > REPLACED_MS ? undefined : this.#reloading;
  }

  #told(what: Told): void {
    if (what.type === "another") this.#reloadIsOver();
    this.tree = told(this.tree, what);
    if (what.type === "event") {
      const { kind, text } = what.event;
      if (SPOKEN.has(kind)) this.#herald.say(printable(text));
      if (kind === "exited" || kind === "failed") this.#loadCrashesSoon(CRASH_MS, LATE_CRASH_MS);
    }
    if (what.type === "status") this.#followSoon(FOLLOW_MS);
    this.draw();
  }

  /** Not at once: whoever walks through the tree wants no output of all that lies on the way. */
  #followSoon(delay: number): void {
    clearTimeout(this.#followTimer);
    this.#followTimer = setTimeout(() => this.#follow(), delay);
  }

  #follow(): void {
    const { selected } = this.ui;
    const isAll = selected === SUPERVISOR_KEY || selected === STEM_KEY;
    const own = nodeOfKey(selected);
    const nodes =
      own === undefined ? nodesOfKey(this.tree, selected).map(({ name }) => name) : [own];
    const names = isAll ? "" : nodes.join(" ");
    if (this.#following?.key === selected && this.#following.names === names) return;
    this.#following?.follow.stop();
    this.#following = undefined;
    // Also while the connection is lost: below the name of one stands no other's output.
    this.#output.clear(own === undefined);
    const instance = this.session.hello?.instance;
    if (instance === undefined || !this.session.connection.isOpen) return;
    const options = {
      nodes: isAll ? [] : nodes,
      lines: own === undefined ? FEW_LINES : MANY_LINES,
    };
    const follow = new Follow(this.session.connection, options, (lines) => this.#output.add(lines));
    this.#following = { key: selected, names, follow };
    follow.begin(instance);
  }

  /** @param again when to look once more: on a busy machine a record takes its time */
  #loadCrashesSoon(delay: number, again?: number): void {
    if (!this.session.knows("crashes")) return;
    clearTimeout(this.#crashTimer);
    this.#crashTimer = setTimeout(() => {
      void this.#loadCrashes();
      if (again !== undefined) this.#loadCrashesSoon(again);
    }, delay);
  }

  async #loadCrashes(): Promise<void> {
    try {
      const crashes = crashesOf(await this.session.connection.ask("crashes", {}));
      this.#crashes.set(crashes);
      this.#told({ type: "ends", ends: endsOf(crashes) });
    } catch {
      // The connection is lost: they are asked for again with the next.
    }
  }

  async #openCrash(id: string): Promise<void> {
    try {
      const crash = crashOf(await this.session.connection.ask("crash", { id }));
      if (crash !== undefined) this.#crashes.show(crash);
      else toast("that record is no longer kept", "failed");
    } catch (error) {
      toast(printable((error as Error).message), "failed");
    }
  }
}

function endsOf(crashes: readonly CrashSummary[]): Map<string, Mark[]> {
  const ends = new Map<string, Mark[]>();
  for (const { node, at, exit } of crashes) {
    const mark: Mark = { at, kind: "ended", exit };
    ends.set(node, [...(ends.get(node) ?? []), mark]);
  }
  return ends;
}

function bannerText({ phase, tree, silence, reloading }: Shown): string {
  if (phase.is !== "open" && reloading === "ordered")
    return "The Supervisor replaces itself. What you see is how things were; it goes on by itself.";
  if (phase.is === "refused") return `The Supervisor refuses this page: ${printable(phase.why)}`;
  if (phase.is === "lost" && tree.isEnding)
    return "The tree has ended. What you see is how things were; it goes on by itself when a Supervisor answers here.";
  if (phase.is === "lost")
    return tree.isKnown
      ? "The connection is lost. What you see is how things were; it goes on by itself when the Supervisor answers."
      : "The Supervisor does not answer. Trying again …";
  if (silence > 0) return "The Supervisor does not answer. What you see may be how things were.";
  return "";
}

const TICK_MS = 1_000;
const HIDDEN_MS = 1_000;
const FOLLOW_MS = 150;
/** A record is written a moment after the end that it is of. */
const CRASH_MS = 700;
const LATE_CRASH_MS = 5_000;
const MANY_LINES = 500;
/** How long a reload explains that nobody answers. */
const REPLACED_MS = 20_000;
/** Of each of many. */
const FEW_LINES = 20;
const SPOKEN: ReadonlySet<string> = new Set(["exited", "failed", "unhealthy", "stem", "ending"]);
