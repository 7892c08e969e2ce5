/** What is said over Broker: events, as values of a vector. */
import { compareValues, isVector } from "./order.ts";
import { count, type Value } from "./values.ts";

/** A Zeek event. What else came with it (times, ids) is not kept. */
export interface BrokerEvent {
  name: string;
  args: readonly Value[];
}

/** An event as it travels, without metadata, which Zeek does not need. */
export function eventValue({ name, args }: BrokerEvent): Value {
  return [FORMAT, EVENT, [name, args]];
}

/** The events in a message: one, or those of a batch; none if it is of another kind. */
export function eventsOf(value: Value): BrokerEvent[] {
  return contentOf(value, BATCH)?.flatMap(oneEvent) ?? oneEvent(value);
}

/** No batches in batches: they are never sent, and could be a bomb. */
function oneEvent(value: Value): BrokerEvent[] {
  const event = eventOf(value);
  return event === undefined ? [] : [event];
}

/** The event that a value is. Its metadata may be absent, empty or filled. */
export function eventOf(value: Value): BrokerEvent | undefined {
  const content = contentOf(value, EVENT);
  if (content === undefined) return undefined;
  const [name, args, metadata = []] = content;
  if (typeof name !== "string" || args === undefined || !isVector(args)) return undefined;
  if (content.length > 3 || !isVector(metadata)) return undefined;
  return { name, args };
}

/** The third part of a message of that type. */
function contentOf(value: Value, type: Value): readonly Value[] | undefined {
  if (!isVector(value) || !isSame(value[0], FORMAT) || !isSame(value[1], type)) return undefined;
  return isVector(value[2]) ? value[2] : undefined;
}

function isSame(value: Value | undefined, expected: Value): boolean {
  return value !== undefined && compareValues(value, expected) === 0;
}

const FORMAT = count(1);
const EVENT = count(1);
const BATCH = count(5);
