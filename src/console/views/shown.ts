/** What all views draw from, and what they can ask for. */
import type { Hello } from "../../control/protocol.ts";
import type { Filter } from "../model/rows.ts";
import type { Tree } from "../model/tree.ts";
import type { Phase } from "../protocol/connection.ts";

export type Tab = "output" | "crashes" | "settings";
/** What a narrow screen shows of the page. */
export type Pane = "tree" | "details" | "events";
export type Command = "restart" | "stop" | "start" | "destroy";

/** A reload that was asked for here: its plan is made and looked at, or it is carried out. */
export type Reloading = "planned" | "ordered" | undefined;

export interface Ui extends Filter {
  /** The key of a row. */
  selected: string;
  tab: Tab;
  pane: Pane;
}

export interface Shown {
  tree: Tree;
  ui: Ui;
  phase: Phase;
  hello: Hello | undefined;
  /** How long the Supervisor has not answered (ms). */
  silence: number;
  /** By the Supervisor's clock: Unix time in milliseconds. */
  now: number;
  /** Whether orders can be given here and now. */
  mayAct: boolean;
  reloading: Reloading;
  knows(method: string): boolean;
}

export interface Actions {
  change(ui: Partial<Ui>): void;
  /** @param isAsked whether to ask first, however harmless it is */
  order(command: Command, key: string, isAsked?: boolean): void;
  reload(): void;
}
