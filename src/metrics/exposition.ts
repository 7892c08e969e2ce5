/**
 * Prometheus' text format, version 0.0.4: a family of samples is its help, its type, and a line for
 * each sample.
 */

/** All samples of one name. */
export interface Family {
  name: string;
  type: "counter" | "gauge" | "histogram";
  /** One sentence. */
  help: string;
  samples: readonly Sample[];
}

export interface Sample {
  /** Those without a value are left out. */
  labels?: Labels;
  value: number;
  /** Of a histogram: which of its series. */
  part?: "_bucket" | "_sum" | "_count";
}

/** Names are our own; values may be anything. */
export type Labels = Readonly<Record<string, string | undefined>>;

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Its lines. One without samples still says that it is there. */
export function renderFamily({ name, type, help, samples }: Family): string {
  let text = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  for (const { labels, value, part = "" } of samples) {
    text += `${name}${part}${labels === undefined ? "" : labelsText(labels)} ${number(value)}\n`;
  }
  return text;
}

function labelsText(labels: Labels): string {
  const pairs: string[] = [];
  for (const name in labels) {
    const value = labels[name];
    if (value !== undefined) pairs.push(`${name}="${escapeValue(value)}"`);
  }
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeValue(text: string): string {
  return /[\\"\n]/.test(text) ? escapeHelp(text).replaceAll('"', '\\"') : text;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** As Go's `ParseFloat` reads them. */
function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
