/** What a node can be told; the compiler sees to it that none is missing. */
import type { Event } from "../../src/core/life.ts";

export const EVENT_TYPES: Record<Event["type"], true> = {
  create: true,
  start: true,
  restart: true,
  stop: true,
  destroy: true,
  started: true,
  failed: true,
  ready: true,
  probed: true,
  checked: true,
  exited: true,
  looked: true,
  go: true,
  wake: true,
};
