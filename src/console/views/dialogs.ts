/** The page's dialogs: what must be answered before anything goes on. */
import { LOOK_WORDS, LOOKS } from "../model/look.ts";
import { type Change, changesAnything, type Plan, planText } from "../model/plan.ts";
import { printable } from "../model/printable.ts";
import { byId, element, setText } from "./dom.ts";
import { shapeMark } from "./marks.ts";

export interface Question {
  title: string;
  text: string;
  yes: string;
  isDangerous: boolean;
}

/** @returns whether it was agreed to */
export function confirm({ title, text, yes, isDangerous }: Question): Promise<boolean> {
  const dialog = dialogOf("confirm");
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  const agree = byId("confirm-yes");
  setText(agree, yes);
  agree.classList.toggle("is-dangerous", isDangerous);
  return answered(dialog, agree, byId("confirm-no"), agree);
}

/** Shows what a reload would do. @returns whether it was agreed to */
export function confirmPlan(plan: Plan): Promise<boolean> {
  const dialog = dialogOf("plan");
  setText(byId("plan-text"), planText(plan));
  const notes = plan.notes.map((note) => element("li", { text: printable(note) }));
  byId("plan-notes").replaceChildren(...notes);
  byId("plan-changes").replaceChildren(table(plan.changes));
  byId("plan-changes").hidden = plan.changes.length === 0;
  // Also one that changes no node: the scripts themselves are read again.
  const agree = byId("plan-yes");
  setText(agree, changesAnything(plan.changes) ? "Reload" : "Reload anyway");
  return answered(dialog, agree, byId("plan-no"), agree);
}

/** Asks for the token until one is given. @param wrong whether one was given that is none */
export function askToken(wrong: boolean, take: (token: string) => void): void {
  const dialog = dialogOf("login");
  const field = byId("token") as HTMLInputElement;
  setText(byId("login-problem"), wrong ? "That is not the token." : "");
  const form = byId("login-form") as HTMLFormElement;
  form.onsubmit = (event) => {
    event.preventDefault();
    const token = field.value.trim();
    if (token === "") return;
    field.value = "";
    dialog.onclose = null;
    dialog.close();
    take(token);
  };
  // Without a token there is nothing to go back to. That it is cancelled can be prevented once, and
  // with the second Escape a browser closes it all the same.
  dialog.onclose = () => {
    dialog.showModal();
    field.focus();
  };
  if (!dialog.open) dialog.showModal();
  field.focus();
}

export function showKeys(): void {
  const dialog = dialogOf("keys");
  const shapes = LOOKS.flatMap((look) => [
    element("dt", {}, shapeMark(look)),
    element("dd", { text: LOOK_WORDS[look] }),
  ]);
  byId("shapes").replaceChildren(...shapes);
  byId("keys-close").onclick = () => dialog.close();
  dialog.showModal();
}

export function isDialogOpen(): boolean {
  return document.querySelector("dialog[open]") !== null;
}

/** The Escape key, which closes the dialog, is a no. */
function answered(
  dialog: HTMLDialogElement,
  yes: HTMLElement,
  no: HTMLElement,
  first: HTMLElement,
): Promise<boolean> {
  return new Promise((resolve) => {
    let isAgreed = false;
    yes.onclick = () => {
      isAgreed = true;
      dialog.close();
    };
    no.onclick = () => dialog.close();
    dialog.onclose = () => resolve(isAgreed);
    dialog.showModal();
    first.focus();
  });
}

function table(changes: readonly Change[]): HTMLElement {
  const rows = changes.map(({ node, action, why }) =>
    element(
      "tr",
      { class: `plan-${action}` },
      element(
        "td",
        { class: "plan-action" },
        shapeMark(SHAPES[action]),
        element("span", { text: action }),
      ),
      element("th", { text: printable(node), attributes: { scope: "row" } }),
      element("td", { text: printable(why) }),
    ),
  );
  return element("table", {}, element("tbody", {}, ...rows));
}

function dialogOf(id: string): HTMLDialogElement {
  return byId(id) as HTMLDialogElement;
}

const SHAPES = { start: "running", stop: "stopped", restart: "unready", keep: "pending" } as const;
