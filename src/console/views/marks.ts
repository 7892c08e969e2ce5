/** The shapes by which looks are told apart without colour. The symbols are in index.html. */
import type { Look } from "../model/look.ts";
import { setAttribute, setClass, svg } from "./dom.ts";

export type Shape = Look | "supervisor" | "stem" | "group";

/** For the eye alone: the word stands beside it. */
export function shapeMark(shape: Shape): SVGSVGElement {
  const use = svg("use", { href: `#shape-${shape}` });
  return svg(
    "svg",
    { class: `shape is-${shape}`, "aria-hidden": "true", viewBox: "0 0 16 16" },
    use,
  );
}

export function setShape(mark: SVGSVGElement, shape: Shape): void {
  setClass(mark, `shape is-${shape}`);
  const [use] = mark.children;
  if (use !== undefined) setAttribute(use, "href", `#shape-${shape}`);
}
