/**
 * Which peers an endpoint has a connection to: one for each, or everything would come twice. Two
 * endpoints that connect to each other at once begin two sessions; the second waits until it is
 * known what became of the first. Pure.
 */
import type { Endpoint } from "../endpoint.ts";

export interface Claim {
  /** "waiting": the answer comes later. */
  readonly state: "granted" | "refused" | "waiting";
  /** The handshake is over: whoever waits is refused. */
  settle(): void;
  /** The session is over. */
  release(): void;
}

interface Waiter extends Claim {
  state: Claim["state"];
  answer: (granted: boolean) => void;
}

interface Holder {
  waiters: Waiter[];
  isSettled: boolean;
}

export class PeerIds {
  readonly #holders = new Map<string, Holder>();
  readonly #watchers = new Map<string, Set<() => void>>();

  /** @param later called only if the claim has to wait, and at most once */
  claim(id: string, later: (granted: boolean) => void): Claim {
    const holder = this.#holders.get(id);
    if (holder === undefined) return this.#granted(id, { waiters: [], isSettled: false });
    if (holder.isSettled) return REFUSED;
    const waiter: Waiter = {
      state: "waiting",
      answer: later,
      settle: () => this.#settle(holder, waiter),
      release: () => this.#release(id, holder, waiter),
    };
    holder.waiters.push(waiter);
    return waiter;
  }

  /** Whether there is a connection to that peer, with its handshake done. */
  isConnected(id: string): boolean {
    return this.#holders.get(id)?.isSettled === true;
  }

  /** Has `act` called once when there is no connection to that peer any more. @returns cancels it */
  whenFree(id: string, act: () => void): () => void {
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(act));
    return () => {
      watchers.delete(act);
      if (watchers.size === 0) this.#watchers.delete(id);
    };
  }

  #granted(id: string, holder: Holder): Claim {
    this.#holders.set(id, holder);
    const claim: Waiter = {
      state: "granted",
      answer: () => {},
      settle: () => this.#settle(holder, claim),
      release: () => this.#release(id, holder, claim),
    };
    return claim;
  }

  #settle(holder: Holder, claim: Waiter): void {
    if (claim.state !== "granted") return;
    holder.isSettled = true;
    for (const waiter of holder.waiters.splice(0)) answer(waiter, false);
  }

  #release(id: string, holder: Holder, claim: Waiter): void {
    const was = claim.state;
    claim.state = "refused";
    if (was === "waiting") holder.waiters = holder.waiters.filter((one) => one !== claim);
    if (was !== "granted") return;
    const next = holder.waiters.shift();
    if (next === undefined) this.#free(id);
    else answer(next, true);
  }

  #free(id: string): void {
    this.#holders.delete(id);
    const watchers = this.#watchers.get(id) ?? [];
    this.#watchers.delete(id);
    for (const act of watchers) act();
  }
}

/** Those of an endpoint, whoever has opened the connections. */
export function peerIdsOf(endpoint: Endpoint): PeerIds {
  const ids = allIds.get(endpoint) ?? new PeerIds();
  allIds.set(endpoint, ids);
  return ids;
}

function answer(waiter: Waiter, granted: boolean): void {
  waiter.state = granted ? "granted" : "refused";
  waiter.answer(granted);
}

const REFUSED: Claim = { state: "refused", settle() {}, release() {} };
const allIds = new WeakMap<Endpoint, PeerIds>();
