/**
 * The endpoint: routes events by topic between local handlers and peers, whatever they speak. An
 * event never goes back to where it came from, and does not pass from one peer to another:
 * Broker's peers forward nothing unless told to. Clients (of our WebSocket listeners) count as part
 * of this endpoint, as they do in Zeek: they get everything, and what they say goes everywhere.
 */
import { type BrokerEvent, eventOf, eventValue } from "./event.ts";
import { Message } from "./message.ts";
import { Filter } from "./topics.ts";
import type { Value } from "./values.ts";

export interface PeerInfo {
  /** A Broker peer over TCP, a client of our WebSocket listener, or a WebSocket server that we use. */
  kind: "native" | "client" | "server";
  /** "127.0.0.1:47812", or "unix". */
  address: string;
  /** What it calls itself: a Broker endpoint's UUID, or what a WebSocket server acknowledged. */
  id: string;
  /** The name in a client's X-Application-Name. */
  application?: string;
  /** What a client on this machine says of itself: program, pid, user. */
  client?: string;
}

/** One connection, in both directions. */
export interface Peer {
  readonly info: PeerInfo;
  /** Whether it may act on this process; otherwise it gets only what is published for readers. */
  readonly mayControl: boolean;
  /** What it has subscribed to. */
  readonly filter: Filter;
  /** Bytes that wait to be sent, where that is known. */
  readonly queued?: number;
  /** Queues a message and returns at once; a peer that does not keep up is dropped. */
  send(message: Message): void;
  /** Ends the connection, and does not come back. */
  close(): void;
}

/** Messages that came in, and that were given to peers to be sent. */
export interface Traffic {
  received: number;
  sent: number;
}

/** What became of a message that came in. */
export type Reception = "taken" | "not an event" | "forbidden";

/** Answers events of one module, such as "SupervisorControl::". */
export interface Service {
  module: string;
  /** The topics on which it listens begin with this. */
  topic: string;
  /** Whether the event is one of the module's, with arguments that fit. */
  check(event: BrokerEvent): boolean;
  /** Whether a peer that may not control may send it. */
  isHarmless(event: BrokerEvent): boolean;
  handle(event: BrokerEvent, from: Peer): void;
}

/** What the reason of a loss begins with where the peer was dropped for not reading what it was sent. */
export const TOO_SLOW = "the peer does not keep up";

export type EventHandler = (...args: Value[]) => unknown;

interface PeerEvents {
  peerAdded: [peer: PeerInfo];
  peerLost: [peer: PeerInfo, reason: string];
  /** What this endpoint wants of its peers has changed. */
  filter: [filter: Filter];
  /** What is subscribed to in this process has changed. */
  localFilter: [filter: Filter];
}
type Listeners = { [Name in keyof PeerEvents]: ((...args: PeerEvents[Name]) => unknown)[] };

export interface PublishOptions {
  /** Whether peers that may only look get it too. */
  forReaders?: boolean;
  /** Goes to this peer alone. */
  only?: Peer;
}

export class Endpoint {
  /** A UUID: what Broker's peers know us by. */
  readonly id: string;
  readonly #peers = new Set<Peer>();
  readonly #subscribed = new Set<string>();
  #local = new Filter();
  #wanted = new Filter();
  readonly #handlers = new Map<string, EventHandler[]>();
  readonly #services: Service[] = [];
  readonly #listeners: Listeners = { peerAdded: [], peerLost: [], filter: [], localFilter: [] };
  readonly #onError: (error: unknown, where: string) => void;
  /** So far, by the kind of peer. */
  readonly traffic: Readonly<Record<PeerInfo["kind"], Traffic>> = {
    native: { received: 0, sent: 0 },
    client: { received: 0, sent: 0 },
    server: { received: 0, sent: 0 },
  };

  /** @param onError what becomes of an error in a handler */
  constructor(id: string, onError: (error: unknown, where: string) => void) {
    this.id = id;
    this.#onError = onError;
  }

  get peers(): ReadonlySet<Peer> {
    return this.#peers;
  }

  /** What peers should send us: what is subscribed to here, and by clients. */
  get filter(): Filter {
    return this.#wanted;
  }

  /** What is subscribed to in this process alone. */
  get localFilter(): Filter {
    return this.#local;
  }

  on<Name extends keyof PeerEvents>(
    name: Name,
    listener: (...args: PeerEvents[Name]) => unknown,
  ): void {
    this.#listeners[name].push(listener);
  }

  /** Removes a listener. */
  off<Name extends keyof PeerEvents>(
    name: Name,
    listener: (...args: PeerEvents[Name]) => unknown,
  ): void {
    const listeners = this.#listeners[name];
    const at = listeners.indexOf(listener);
    if (at >= 0) listeners.splice(at, 1);
  }

  /** Wants the events on all topics that begin with `prefix`. */
  subscribe(prefix: string): void {
    this.#subscribed.add(prefix);
    const local = new Filter(this.#subscribed);
    if (local.equals(this.#local)) return;
    this.#local = local;
    this.updateFilter();
    this.#tell("localFilter", local);
  }

  /** Has `handler` called for every event of that name on a topic that was subscribed to. */
  onEvent(name: string, handler: EventHandler): void {
    const known = this.#handlers.get(name);
    if (known === undefined) this.#handlers.set(name, [handler]);
    else known.push(handler);
  }

  /** Removes a handler. */
  offEvent(name: string, handler: EventHandler): void {
    const left = this.#handlers.get(name)?.filter((one) => one !== handler) ?? [];
    if (left.length === 0) this.#handlers.delete(name);
    else this.#handlers.set(name, left);
  }

  serve(service: Service): void {
    this.#services.push(service);
    this.subscribe(service.topic);
  }

  /** Whether anybody would get what is published there: saves making it. */
  hasReaders(topic: string): boolean {
    for (const peer of this.#peers) if (peer.filter.matches(topic)) return true;
    return false;
  }

  /** Sends an event to every peer that wants it; handlers in this process do not see it. */
  publish(topic: string, event: BrokerEvent, options: PublishOptions = {}): void {
    const message = new Message(topic, eventValue(event));
    const { only, forReaders = false } = options;
    for (const peer of only === undefined ? this.#peers : [only]) {
      if ((peer.mayControl || forReaders || only !== undefined) && peer.filter.matches(topic))
        this.#send(peer, message);
    }
  }

  /** A connection is ready to be used. */
  attach(peer: Peer): void {
    this.#peers.add(peer);
    this.updateFilter();
    this.#tell("peerAdded", peer.info);
  }

  /** A connection is no more. */
  detach(peer: Peer, reason: string): void {
    if (!this.#peers.delete(peer)) return;
    this.updateFilter();
    this.#tell("peerLost", peer.info, reason);
  }

  /** Takes what came from a peer: one event; of a batch, call it for each. */
  receive(from: Peer, topic: string, value: Value): Reception {
    this.traffic[from.info.kind].received++;
    const event = eventOf(value);
    if (event === undefined) return "not an event";
    const service = this.#services.find(({ module }) => event.name.startsWith(module));
    if (service !== undefined && !service.check(event)) return "not an event";
    if (!from.mayControl && service?.isHarmless(event) !== true) return "forbidden";
    this.#relay(from, new Message(topic, value));
    if (this.#local.matches(topic)) this.#handle(event, from, topic, service);
    return "taken";
  }

  /** To be called when what a client has subscribed to changes. */
  updateFilter(): void {
    const clients = [...this.#peers].filter(({ info }) => info.kind === "client");
    const prefixes = clients.flatMap(({ filter }) => filter.prefixes);
    const wanted = new Filter([...this.#subscribed, ...prefixes]);
    if (wanted.equals(this.#wanted)) return;
    this.#wanted = wanted;
    this.#tell("filter", wanted);
  }

  #relay(from: Peer, message: Message): void {
    const isClient = from.info.kind === "client";
    for (const peer of this.#peers) {
      if (peer === from || !peer.mayControl) continue;
      if (!isClient && peer.info.kind !== "client") continue;
      if (peer.filter.matches(message.topic)) this.#send(peer, message);
    }
  }

  #send(peer: Peer, message: Message): void {
    this.traffic[peer.info.kind].sent++;
    peer.send(message);
  }

  #handle(event: BrokerEvent, from: Peer, topic: string, service: Service | undefined): void {
    if (service !== undefined && topic.startsWith(service.topic)) {
      this.#guard(event.name, () => service.handle(event, from));
    }
    for (const handler of this.#handlers.get(event.name) ?? []) {
      this.#guard(event.name, () => handler(...event.args));
    }
  }

  #tell<Name extends keyof PeerEvents>(name: Name, ...args: PeerEvents[Name]): void {
    for (const listener of [...this.#listeners[name]]) this.#guard(name, () => listener(...args));
  }

  /** Nothing that a handler does may reach the connection that the event came from. */
  #guard(name: string, act: () => unknown): void {
    const report = (error: unknown) => this.#onError(error, `a handler of '${name}' failed`);
    try {
      const result = act();
      if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    }
  }
}
