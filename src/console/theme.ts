/** Light or dark: as the system has it, until somebody chooses. Runs before anything is drawn. */

const KEY = "coppice-theme";

applyTheme(readChoice());

/** Changes to the other one than is shown now. @returns which */
export function switchTheme(): string {
  const next = isDark() ? "light" : "dark";
  applyTheme(next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // A browser that keeps nothing: it lasts as long as the page.
  }
  return next;
}

export function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === undefined
    ? matchMedia("(prefers-color-scheme: dark)").matches
    : chosen === "dark";
}

function applyTheme(theme: string | undefined): void {
  if (theme !== undefined) document.documentElement.dataset["theme"] = theme;
}

function readChoice(): string | undefined {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : undefined;
  } catch {
    return undefined;
  }
}
