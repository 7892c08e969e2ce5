/** Answers Coppice's own control events: what is asked from afar is done as if asked in a script. */
import type { Endpoint, Peer, PeerInfo, Service } from "../broker/endpoint.ts";
import type { BrokerEvent } from "../broker/event.ts";
import { fromBytes } from "../broker/text.ts";
import type { FollowOptions, TreeEvent } from "../core/api.ts";
import type { NodeConfig } from "../core/config.ts";
import type { CrashRecord } from "../core/crash.ts";
import { ForbiddenError, UsageError } from "../errors.ts";
import type { Commands } from "./commands.ts";
import { Follower } from "./follower.ts";
import {
  CLIENT_TOPIC,
  COPPICE_MODULE,
  COPPICE_TOPIC,
  type Hello,
  METHODS,
  type Method,
  type Outcome,
  type OutputHead,
  outcomeOf,
} from "./protocol.ts";
import { redactCrash, redactEvent, redactStatus } from "./redact.ts";
import type { CountRequest } from "./request-counts.ts";
import { nodeNamed, nodesNamed, whoIs } from "./who.ts";

/** More at once on one connection are refused: each costs memory. */
const MAX_STREAMS = 32;
/** What a follower may be given before it says that it can take more, at most. Bytes. */
const MAX_CREDIT = 4 * 1024 * 1024;

interface Call {
  from: Peer;
  id: string;
  params: Record<string, unknown>;
}

/** Something that goes on until it is cancelled. */
interface Stream {
  stop(): void;
  grant(bytes: number): void;
}

/** @param count is told of each request that was answered */
export function coppiceControl(
  endpoint: Endpoint,
  commands: Commands,
  about: Omit<Hello, "mayControl" | "methods" | "reloads">,
  count: CountRequest = () => {},
): Service {
  const streams = new Map<PeerInfo, Map<string, Stream>>();
  endpoint.on("peerLost", (info) => {
    const lost = [...(streams.get(info)?.values() ?? [])];
    streams.delete(info);
    for (const stream of lost) stream.stop();
  });
  const texts = new WeakMap<TreeEvent, string>();

  return {
    module: COPPICE_MODULE,
    topic: COPPICE_TOPIC,
    check: ({ name, args }) =>
      name === `${COPPICE_MODULE}request` &&
      args.length === 3 &&
      args.every((arg) => typeof arg === "string"),
    // Whatever it may not do, it is told so.
    isHarmless: () => true,
    handle({ args }, from) {
      const [id, method, text] = args as readonly string[];
      void answer(String(id), String(method), String(text), from);
    },
  };

  async function answer(id: string, method: string, text: string, from: Peer): Promise<void> {
    let outcome: Outcome;
    try {
      const ok = call(method, { from, id, params: paramsOf(text) });
      // At once where it can be: answers come in the order of the requests.
      outcome = { ok: ok instanceof Promise ? await ok : ok };
    } catch (error) {
      outcome = outcomeOf(error);
    }
    count("coppice", isMethod(method) ? method : "unknown", "ok" in outcome);
    reply(from, id, "response", [JSON.stringify(outcome)]);
  }

  function call(method: string, given: Call): unknown {
    if (!isMethod(method)) throw new UsageError(`there is no method '${method.slice(0, 100)}'`);
    const { from, params } = given;
    if (!METHODS[method] && !from.mayControl)
      throw new ForbiddenError(
        `this connection may look at the tree, and not ${wordOf(method)} anything`,
      );
    const name = typeof params["name"] === "string" ? params["name"] : "";
    switch (method) {
      case "hello":
        return {
          ...about,
          reloads: commands.reloads,
          mayControl: from.mayControl,
          methods: Object.keys(METHODS),
        };
      case "status": {
        const found = commands.status(name);
        return from.mayControl ? found : redactStatus(found);
      }
      case "usage":
        return commands.usage(name);
      case "crashes":
        return commands.crashes(name);
      case "crash":
        return crash(given);
      case "watch":
        return watch(given);
      case "follow":
        return follow(given);
      case "grant":
        streamOf(from, params)?.grant(Number(params["bytes"]) || 0);
        return true;
      case "cancel":
        streamOf(from, params)?.stop();
        return true;
      case "create":
        return create(given);
      case "destroy":
      case "restart":
      case "stopNode":
      case "startNode":
        // None is not all: nobody ends a tree by leaving something out, or by a name that is none.
        if (typeof params["name"] !== "string") throw new UsageError(`${method} needs a name`);
        commands.ordered(`${wordOf(method)} ${nodesNamed(name)}, ordered by ${whoIs(from.info)}`);
        return commands[method](name);
      case "stop":
        commands.ordered(`stop, ordered by ${whoIs(from.info)}`);
        // The answer goes first.
        setImmediate(() => commands.stop());
        return true;
      case "plan":
        commands.ordered(`plan a reload, ordered by ${whoIs(from.info)}`);
        return commands.plan();
      case "reload":
        return reload(given);
      case "reloaded":
        return commands.reloaded(Number(params["after"]) || 0);
      default:
        return method satisfies never;
    }
  }

  /** JSON has no undefined. */
  async function crash({ from, params }: Call): Promise<CrashRecord | null> {
    const { id } = params;
    if (typeof id !== "string") throw new UsageError("crash needs an id");
    const record = await commands.crash(id);
    if (record === undefined) return null;
    return from.mayControl ? record : redactCrash(record);
  }

  function reload({ from, params }: Call): Promise<unknown> {
    const { rolling } = params;
    const isCount = typeof rolling === "number" && Number.isSafeInteger(rolling) && rolling > 0;
    if (rolling !== undefined && !isCount)
      throw new UsageError("rolling is how many nodes at a time: a whole number from 1");
    commands.ordered(`reload, ordered by ${whoIs(from.info)}`);
    return commands.beginReload(isCount ? { rolling } : {});
  }

  function create({ from, params }: Call): Promise<unknown> {
    const config = params["config"] as NodeConfig | undefined;
    const name: unknown = config?.name;
    if (typeof name === "string")
      commands.ordered(`create ${nodeNamed(name)}, ordered by ${whoIs(from.info)}`);
    return commands.createFromAfar(config as NodeConfig);
  }

  /** Resolves when it is cancelled. */
  function watch({ from, id }: Call): Promise<boolean> {
    return begin(from, id, (ended) => {
      const unwatch = commands.watchers.watch((event) => {
        const text = from.mayControl ? textOf(event) : JSON.stringify(redactEvent(event));
        reply(from, id, "event", [text]);
      });
      return {
        grant() {},
        stop() {
          unwatch();
          ended();
        },
      };
    });
  }

  /** Resolves after the last line. */
  function follow({ from, id, params }: Call): Promise<boolean> {
    return begin(from, id, (ended) => {
      const { credit, ...options } = followOptionsOf(params);
      let granted = Math.min(credit, MAX_CREDIT);
      const follower = new Follower(
        commands.history,
        { ...options, credit: granted },
        ({ bytes, ...head }) => {
          granted -= bytes.length;
          const { node, stream, at, next, missed } = head;
          const shown: OutputHead = { node, stream, at, next, missed };
          reply(from, id, "output", [JSON.stringify(shown), fromBytes(bytes)]);
        },
        ended,
      );
      // From where it goes on, should the connection break before anything was sent.
      reply(from, id, "event", [JSON.stringify({ from: follower.positions })]);
      return {
        grant(bytes) {
          const more = Math.max(0, Math.min(bytes, MAX_CREDIT - granted));
          granted += more;
          follower.grant(more);
        },
        stop: () => follower.stop(),
      };
    });
  }

  function begin(from: Peer, id: string, start: (ended: () => void) => Stream): Promise<boolean> {
    const own = streams.get(from.info) ?? new Map<string, Stream>();
    streams.set(from.info, own);
    if (own.has(id)) throw new UsageError(`'${id.slice(0, 100)}' is going on already`);
    if (own.size >= MAX_STREAMS)
      throw new UsageError(`no more than ${MAX_STREAMS} can be watched or followed at once`);
    return new Promise((resolve) => {
      const ended = (): void => {
        own.delete(id);
        resolve(true);
      };
      own.set(id, start(ended));
    });
  }

  function streamOf(from: Peer, params: Call["params"]): Stream | undefined {
    return streams.get(from.info)?.get(String(params["id"]));
  }

  /** Made once, however many watch. */
  function textOf(event: TreeEvent): string {
    const known = texts.get(event);
    if (known !== undefined) return known;
    const text = JSON.stringify(event);
    texts.set(event, text);
    return text;
  }

  function reply(to: Peer, id: string, name: string, args: string[]): void {
    if (!endpoint.peers.has(to)) return;
    const event: BrokerEvent = { name: `${COPPICE_MODULE}${name}`, args: [id, ...args] };
    endpoint.publish(`${CLIENT_TOPIC}${id}`, event, { only: to });
  }
}

/** `stop` and `start`, as people order it. */
function wordOf(method: Method): string {
  return method.replace(/Node$/, "");
}

function isMethod(method: string): method is Method {
  return Object.hasOwn(METHODS, method);
}

/** @throws UsageError */
function paramsOf(text: string): Record<string, unknown> {
  let params: unknown;
  try {
    params = JSON.parse(text);
  } catch {
    throw new UsageError("the parameters are not JSON");
  }
  if (typeof params !== "object" || params === null || Array.isArray(params))
    throw new UsageError("the parameters are not an object");
  return params as Record<string, unknown>;
}

function followOptionsOf(params: Record<string, unknown>): FollowOptions & {
  credit: number;
  from: Record<string, number>;
} {
  const { nodes, lines, follow, credit, from } = params;
  return {
    nodes: Array.isArray(nodes) ? nodes.map(String) : [],
    // JSON has no infinity.
    lines: typeof lines === "number" ? lines : Number.POSITIVE_INFINITY,
    follow: follow !== false,
    credit: Number(credit) || 0,
    from: positionsOf(from),
  };
}

function positionsOf(from: unknown): Record<string, number> {
  if (typeof from !== "object" || from === null) return {};
  const entries = Object.entries(from).filter(
    ([, position]) => Number.isSafeInteger(position) && position >= 0,
  );
  return Object.fromEntries(entries) as Record<string, number>;
}
