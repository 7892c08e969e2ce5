/** A node's configuration, as it was asked for. */
import type { NodeConfig } from "../../core/config.ts";
import { printable } from "../model/printable.ts";
import { element } from "./dom.ts";

export class SettingsView {
  readonly element = element("dl", { class: "settings" });
  #drawn: NodeConfig | undefined;

  draw(config: NodeConfig | undefined): void {
    if (config === this.#drawn) return;
    this.#drawn = config;
    const rows = Object.entries(config ?? {}).flatMap(([field, value]) => [
      element("dt", { text: printable(field) }),
      element("dd", {}, element("code", { text: valueText(value) })),
    ]);
    this.element.replaceChildren(...rows);
  }
}

function valueText(value: unknown): string {
  if (typeof value === "string") return printable(value);
  if (Array.isArray(value) && value.length === 0) return "none";
  const isCommand = Array.isArray(value) && value.every((one) => typeof one === "string");
  if (isCommand) return value.map((one) => printable(wordOf(one))).join(" ");
  return JSON.stringify(value, null, 2).split("\n").map(printable).join("\n");
}

/** As a shell would want it, so that a command can be tried by hand. */
function wordOf(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
