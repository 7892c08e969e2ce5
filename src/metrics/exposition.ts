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
  /** One label more: thousands of samples then share the others, and their text. */
  further?: readonly [name: string, value: string];
  value: number;
  /** Of a histogram: which of its series. */
  part?: "_bucket" | "_sum" | "_count";
}

/** Names are our own; values may be anything. */
export type Labels = Readonly<Record<string, string | undefined>>;

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Its lines. One without samples still says that it is there. */
export function renderFamily({ name, type, help, samples }: Family): string {
  const lines = [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`];
  for (const { labels, further, value, part = "" } of samples) {
    lines.push(`${name}${part}${bracesOf(labels, further)} ${number(value)}`);
  }
  lines.push("");
  return lines.join("\n");
}

function bracesOf(labels: Labels | undefined, further: Sample["further"]): string {
  const text = labels === undefined ? "" : labelsText(labels);
  if (further === undefined) return text === "" ? "" : `{${text}}`;
  const [name, value] = further;
  return `{${text}${text === "" ? "" : ","}${name}="${escapeValue(value)}"}`;
}

/** Made once for the many samples that have the same. */
function labelsText(labels: Labels): string {
  const known = texts.get(labels);
  if (known !== undefined) return known;
  const pairs: string[] = [];
  for (const name in labels) {
    const value = labels[name];
    if (value !== undefined) pairs.push(`${name}="${escapeValue(value)}"`);
  }
  const text = pairs.join(",");
  texts.set(labels, text);
  return text;
}

const texts = new WeakMap<Labels, string>();

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
