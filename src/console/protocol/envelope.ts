/**
 * Events as they travel in WebSocket JSON, of which this page needs those alone whose arguments are
 * strings. The Supervisor writes legal JSON, so that `JSON.parse` will do.
 */

export interface StringEvent {
  name: string;
  args: string[];
}

/** A data message with one event. */
export function encodeEvent(topic: string, { name, args }: StringEvent): string {
  const count = { "@data-type": "count", data: 1 };
  return JSON.stringify({
    type: "data-message",
    topic,
    "@data-type": "vector",
    data: [count, count, vector([text(name), vector(args.map(text))])],
  });
}

/** What a message says: an event, that we are connected, or that the last was wrong. */
export type Message =
  | { is: "event"; event: StringEvent }
  | { is: "ack" }
  | { is: "error"; text: string }
  | { is: "other" };

export function decodeMessage(json: string): Message {
  let message: unknown;
  try {
    message = JSON.parse(json);
  } catch {
    return { is: "other" };
  }
  switch (field(message, "type")) {
    case "ack":
      return { is: "ack" };
    case "error":
      return { is: "error", text: String(field(message, "context")) };
    case "data-message":
      return eventOf(field(message, "data"));
    default:
      return { is: "other" };
  }
}

function eventOf(data: unknown): Message {
  const content = field(Array.isArray(data) ? data[2] : undefined, "data");
  if (!Array.isArray(content)) return { is: "other" };
  const name = stringOf(content[0]);
  const list = field(content[1], "data");
  if (name === undefined || !Array.isArray(list)) return { is: "other" };
  const args = list.map(stringOf);
  return args.every((arg) => arg !== undefined)
    ? { is: "event", event: { name, args } }
    : { is: "other" };
}

function stringOf(value: unknown): string | undefined {
  const data = field(value, "data");
  return field(value, "@data-type") === "string" && typeof data === "string" ? data : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function text(data: string) {
  return { "@data-type": "string", data };
}

function vector(data: object[]) {
  return { "@data-type": "vector", data };
}
