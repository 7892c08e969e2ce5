/** The console: starts the page, and listens to what concerns all of it. */
import { App } from "./app.ts";
import { SUPERVISOR_KEY } from "./model/rows.ts";
import { isDark, switchTheme } from "./theme.ts";
import { TokenKeeper } from "./token-keeper.ts";
import { isDialogOpen, showKeys } from "./views/dialogs.ts";
import { byId, setAttribute } from "./views/dom.ts";
import type { Pane } from "./views/shown.ts";

const app = new App(new URL(document.baseURI), new TokenKeeper());

const find = byId("find") as HTMLInputElement;
find.addEventListener("input", () => app.change({ text: find.value }));
find.addEventListener("keydown", ({ key }) => {
  if (key === "ArrowDown" || key === "Enter") app.enterTree();
  if (key !== "Escape") return;
  find.value = "";
  app.change({ text: "" });
});

byId("help").addEventListener("click", showKeys);
const theme = byId("theme");
theme.addEventListener("click", () => {
  switchTheme();
  nameTheme();
});
nameTheme();

for (const tab of document.querySelectorAll<HTMLElement>(".pane-tabs [data-pane]"))
  tab.addEventListener("click", () => choose((tab.dataset["pane"] ?? "tree") as Pane));

document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (isTyping || event.ctrlKey || event.altKey || event.metaKey || isDialogOpen()) return;
  if (event.key === "/") {
    event.preventDefault();
    choose("tree");
    find.focus();
    find.select();
  } else if (event.key === "?") showKeys();
});
// From a field, the key clears that first.
byId("details").addEventListener("keydown", (event) => {
  const { target } = event;
  const isFilled = target instanceof HTMLInputElement && target.value !== "";
  if (event.key !== "Escape" || isFilled) return;
  choose("tree");
  app.enterTree();
});
document.addEventListener("visibilitychange", () => app.draw());
// Whoever comes back to the page does not wait for the next attempt.
addEventListener("online", () => app.retry());
addEventListener("focus", () => app.retry());

app.change({ selected: SUPERVISOR_KEY });
app.start();

function choose(pane: Pane): void {
  app.change({ pane });
}

function nameTheme(): void {
  const other = isDark() ? "light" : "dark";
  setAttribute(theme, "aria-label", `Switch to ${other}`);
  setAttribute(theme, "title", `Switch to ${other}`);
}
