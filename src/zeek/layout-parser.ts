/** Reads `cluster-layout.zeek`: its grammar, and nothing else of Zeek's language. */
import { hostAddress } from "./address.ts";

export interface LayoutNode {
  name: string;
  type: "MANAGER" | "LOGGER" | "PROXY" | "WORKER" | "CONTROL";
  /** Without brackets. */
  ip: string;
  /** 0: none. */
  port: number;
  manager?: string;
  metricsPort?: number;
  zoneId?: string;
}

export interface Layout {
  /** Zeek's default is true. */
  managerIsLogger: boolean;
  nodes: LayoutNode[];
}

export function parseLayout(text: string): { layout: Layout } | { problem: string } {
  try {
    return { layout: new LayoutParser(text).file() };
  } catch (error) {
    if (error instanceof Unexpected) return { problem: error.message };
    throw error;
  }
}

class Unexpected extends Error {}

type Fields = Partial<Omit<LayoutNode, "name">>;

/** A method for each rule of the grammar. */
class LayoutParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  file(): Layout {
    const layout: Layout = { managerIsLogger: true, nodes: [] };
    while (!this.#isAtEnd()) {
      this.#take(/redef\b/y, "'redef'");
      if (this.#takes(/Cluster::manager_is_logger\b/y)) this.#managerIsLogger(layout);
      else this.#nodes(layout);
    }
    return layout;
  }

  #managerIsLogger(layout: Layout): void {
    this.#word("=");
    layout.managerIsLogger = this.#take(/[TF]\b/y, "T or F") === "T";
    this.#word(";");
  }

  #nodes(layout: Layout): void {
    this.#take(/Cluster::nodes\b/y, "'Cluster::nodes' or 'Cluster::manager_is_logger'");
    if (this.#take(/\+?=/y, "'=' or '+='") === "=") layout.nodes = [];
    this.#word("{");
    while (!this.#takes(/\}/y)) this.#entry(layout.nodes);
    this.#word(";");
  }

  #entry(nodes: LayoutNode[]): void {
    this.#word("[");
    const name = this.#string("a node's name");
    if (nodes.some((node) => node.name === name)) this.#fail(`'${name}' once only`);
    for (const word of ["]", "=", "["]) this.#word(word);
    const fields: Fields = {};
    do this.#field(fields);
    while (this.#takes(/,/y));
    for (const word of ["]", ","]) this.#word(word);
    const { type, ip, port = 0, ...others } = fields;
    if (type === undefined) this.#fail(`$node_type of '${name}'`);
    if (ip === undefined) this.#fail(`$ip of '${name}'`);
    nodes.push({ name, type, ip, port, ...others });
  }

  #field(fields: Fields): void {
    const name = this.#take(/\$[a-z_]+/y, "a field");
    this.#word("=");
    switch (name) {
      case "$node_type":
        return this.#set(fields, "type", this.#type());
      case "$ip":
        return this.#set(fields, "ip", this.#address());
      case "$p":
        return this.#set(fields, "port", this.#port());
      case "$manager":
        return this.#set(fields, "manager", this.#string("the manager's name"));
      case "$metrics_port":
        return this.#set(fields, "metricsPort", this.#port());
      case "$zone_id":
        return this.#set(fields, "zoneId", this.#string("a zone"));
      default:
        this.#fail(`a field of Cluster::Node, not ${name}`);
    }
  }

  #set<Name extends keyof Fields>(fields: Fields, name: Name, value: Fields[Name]): void {
    if (fields[name] !== undefined) this.#fail("each field once only");
    fields[name] = value;
  }

  #type(): LayoutNode["type"] {
    const word = this.#take(/Cluster::(MANAGER|LOGGER|PROXY|WORKER|CONTROL)\b/y, "a type of node");
    return word.slice("Cluster::".length) as LayoutNode["type"];
  }

  #address(): string {
    const literal = this.#take(/\[[\da-fA-F:.]+\]|[\d.]+/y, "an address");
    const address = literal.replace(/^\[|\]$/g, "");
    if (hostAddress(address) === undefined || literal.startsWith("[") !== address.includes(":"))
      this.#fail(`an address, not ${literal}`);
    return address;
  }

  #port(): number {
    const port = Number.parseInt(this.#take(/\d{1,5}\/tcp\b/y, "a port such as 27760/tcp"), 10);
    if (port > 65_535) this.#fail(`a port, not ${port}`);
    return port;
  }

  #string(what: string): string {
    const literal = this.#take(/"(?:[^"\\\n]|\\["\\])*"/y, `${what} in quotes`);
    return literal.slice(1, -1).replace(/\\(.)/g, "$1");
  }

  #word(word: string): void {
    this.#take(new RegExp(`\\${word}`, "y"), `'${word}'`);
  }

  #take(pattern: RegExp, what: string): string {
    return this.#takes(pattern) ?? this.#fail(what);
  }

  /** @param pattern sticky */
  #takes(pattern: RegExp): string | undefined {
    this.#skipBlank();
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #isAtEnd(): boolean {
    this.#skipBlank();
    return this.#at === this.#text.length;
  }

  #skipBlank(): void {
    const blank = /(?:\s|#[^\n]*)*/y;
    blank.lastIndex = this.#at;
    blank.exec(this.#text);
    this.#at = blank.lastIndex;
  }

  #fail(expected: string): never {
    const line = this.#text.slice(0, this.#at).split("\n").length;
    throw new Unexpected(`line ${line}: expected ${expected}`);
  }
}
