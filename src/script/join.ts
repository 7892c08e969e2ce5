/** Makes a node part of its cluster: it subscribes, listens, connects, and says who it is. */
import tls from "node:tls";
import { hostAndPort } from "../broker/addresses.ts";
import { TOO_SLOW } from "../broker/endpoint.ts";
import { isLoopback } from "../broker/exposure.ts";
import type { ListenerLimits } from "../broker/native/listener.ts";
import { reasonOf } from "../broker/native/sockets.ts";
import { certified, type Tls, tlsSettings } from "../broker/tls.ts";
import { MAX_VALUES } from "../broker/values.ts";
import {
  type Address,
  type Layout,
  layoutProblem,
  type Part,
  partOf,
  sharersOf,
} from "../cluster/connections.ts";
import { nodeIdTopic } from "../cluster/topics.ts";
import { ListenError, NodeConfigError } from "../errors.ts";
// The listener's code is wanted at once: what is loaded on the way would let peers in before `init`.
import "../broker/native/native.ts";
import { broker, endpoint } from "./broker.ts";
import { type ClusterSecurity, change, joining } from "./cluster.ts";

/**
 * Resolves when the node listens; its connections come when they come. Scripts have been loaded, so
 * that no peer finds a node that does not listen to what its scripts want.
 * @throws NodeConfigError if the layout cannot be; ListenError if it cannot, or must not, listen
 */
export async function joinCluster(name: string, layout: Layout): Promise<void> {
  const problem = layoutProblem(name, layout);
  if (problem !== undefined) throw new NodeConfigError(problem);
  const part = partOf(name, layout);
  const security = joining(part.neighbours);
  checkTls(part, security);
  for (const topic of part.topics) broker.subscribe(topic);
  if (part.role !== "NONE") broker.subscribe(nodeIdTopic(endpoint().id));
  introduce(name, layout);
  if (part.listen !== undefined) await listen(part.listen, part, layout, security);
  for (const peer of part.peers) connect(peer, security.tls ?? true);
}

/** Says who this node is to every peer, and takes what they say (Zeek's `Cluster::hello`). */
function introduce(name: string, layout: Layout): void {
  broker.on("peerAdded", (peer) => {
    if (peer.kind !== "native") return;
    broker.publish(nodeIdTopic(peer.id), HELLO, name, endpoint().id);
  });
  const tellOfSlow = slowTeller();
  broker.on("peerLost", (peer, reason = "") =>
    change((members) => {
      const gone = members.lost(peer.id);
      if (reason.startsWith(TOO_SLOW)) for (const { name } of gone) tellOfSlow(name, reason);
      return gone;
    }),
  );
  broker.onEvent(HELLO, (other, id) => {
    if (typeof other !== "string" || typeof id !== "string") return;
    if (!Object.hasOwn(layout, other)) {
      return console.error(`warning: a peer that is not in the layout: ${JSON.stringify(other)}`);
    }
    // The end of a peering is told by its id: who comes with another's would stay for ever.
    const isPeer = [...endpoint().peers].some(({ info }) => info.id === id.toLowerCase());
    if (isPeer && other !== name) change((members) => members.hello(other, id.toLowerCase()));
  });
}

/** Says at once whom this node has dropped; of one that is dropped again and again, now and then. */
function slowTeller(): (name: string, reason: string) => void {
  const told = new Map<string, number>();
  return (name, reason) => {
    const now = performance.now();
    if (now - (told.get(name) ?? Number.NEGATIVE_INFINITY) < SILENCE_MS) return;
    told.set(name, now);
    console.error(`warning: '${name}' is disconnected: ${reason}; they are lost`);
  };
}

/**
 * Listens on the layout's own address alone. Zeek does on all addresses of its host, with TLS that
 * asks nobody who he is; here that must have been asked for, as with every listener of ours.
 */
async function listen(
  { host, port }: Address,
  part: Part,
  layout: Layout,
  { tls: own = true, insecure = false }: ClusterSecurity,
): Promise<void> {
  if (!isLoopback(host) && typeof own !== "object" && !insecure) {
    throw new ListenError(
      `node '${part.name}' will not listen on ${hostAndPort(host, port)}: everybody who can reach it ` +
        "could send it events; give its cluster certificates (cluster.secure({ tls: { cert, key, ca } })), " +
        "or allow it (cluster.secure({ insecure: true }))",
    );
  }
  const limits = { ...LIMITS, connections: MORE_CONNECTIONS + 2 * part.neighbours.length };
  try {
    await broker.listen({ host, port, tls: own, insecure: true, limits });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const sharers = sharersOf(part.name, layout).map((other) => `'${other}'`);
    const advice =
      sharers.length === 0
        ? "its layout must give it an address of this host, and a port that is free"
        : `its layout gives the same port to ${sharers.join(", ")}`;
    throw new ListenError(`node '${part.name}' ${error.message}; ${advice}`);
  }
}

function connect({ name, host, port }: Address, own: Tls): void {
  let since: number | undefined;
  let isTold = false;
  const onFailure = (reason: string) => {
    since ??= performance.now();
    if (isTold || performance.now() - since < SILENCE_MS) return;
    isTold = true;
    console.error(`warning: still no connection to '${name}': ${reason}; it is tried again`);
  };
  broker.peer(host, port, { tls: own, retry: RETRY_MS, firstRetry: FIRST_RETRY_MS, onFailure });
  broker.on("peerAdded", (peer) => {
    if (peer.address !== hostAndPort(host, port)) return;
    since = undefined;
    isTold = false;
  });
}

/** What is wrong with the certificates is not to be found out by attempts that come to nothing. */
function checkTls({ name }: Part, security: ClusterSecurity): void {
  try {
    const settings = tlsSettings(security.tls ?? true);
    if (settings !== undefined) certified(() => tls.createSecureContext(settings));
  } catch (error) {
    throw new ListenError(`node '${name}' cannot join its cluster: ${reasonOf(error)}`);
  }
}

const HELLO = "Cluster::hello";

/** Zeek's `Cluster::retry_interval`, in milliseconds; less for a peer that has just gone. */
const RETRY_MS = 1_000;
const FIRST_RETRY_MS = 20;
/**
 * How long a peer may be missing before it is said, in milliseconds: a cluster takes its time to
 * start. And how long until it is said again of a peer that it does not keep up.
 */
const SILENCE_MS = 10_000;

/** Beside the nodes of the layout, twice: one that came back may be there before its old one has gone. */
const MORE_CONNECTIONS = 20;

/** For nodes of one cluster, as for whom we connect to ourselves: src/broker/native/connector.ts. */
const LIMITS: Partial<ListenerLimits> = {
  // When a whole cluster starts, everybody is busy.
  handshake: 10_000,
  frame: 64 * 1024 * 1024,
  values: MAX_VALUES,
};
