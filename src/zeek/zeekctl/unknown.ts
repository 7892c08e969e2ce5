/** `unknown key 'lb_proc'; did you mean 'lb_procs'?` */
import { nearest } from "../../core/nearest.ts";

export function unknown(what: string, word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return `unknown ${what} '${word}'${meant === undefined ? "" : `; did you mean '${meant}'?`}`;
}
