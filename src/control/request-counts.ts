/** How many requests there were, and what came of them. */

/** Is told of a request that was answered. */
export type CountRequest = (protocol: Protocol, method: string, isOk: boolean) => void;

/** Coppice's own events, or Zeek's. */
export type Protocol = "coppice" | "zeek";

export interface RequestCount {
  protocol: Protocol;
  /** One of the protocol's own; "unknown" is every other. */
  method: string;
  outcome: "ok" | "error";
  count: number;
}

export class RequestCounts {
  readonly #counts = new Map<string, RequestCount>();

  /** In the order in which there was a first one. */
  all(): readonly RequestCount[] {
    return [...this.#counts.values()];
  }

  readonly count: CountRequest = (protocol, method, isOk) => {
    const outcome = isOk ? "ok" : "error";
    const key = `${protocol} ${method} ${outcome}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { protocol, method, outcome, count: 1 });
    else known.count++;
  };
}
