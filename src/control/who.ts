/** Who is at the other end of a connection, and what it names, in words for the log. */
import type { PeerInfo } from "../broker/endpoint.ts";

export function whoIs(info: PeerInfo): string {
  if (info.kind === "native") return `${info.address} (Broker peer ${info.id})`;
  const said = [info.client, info.application].filter((part) => part !== undefined && part !== "");
  return said.length === 0 ? info.address : `${info.address} (${shown(said.join(", "))})`;
}

/** @param node "" is all */
export function nodesNamed(node: string): string {
  return node === "" ? "all nodes" : nodeNamed(node);
}

export function nodeNamed(node: string): string {
  return `'${shown(node)}'`;
}

/** What somebody else has written, as part of one line: it can be as long and as odd as they like. */
function shown(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return short.replace(/\p{C}/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);
}

const LONGEST = 200;
