/** Clients that ask a Supervisor for the status of one node, over each transport. */
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { WebSocket } from "ws";
import { Endpoint } from "../src/broker/endpoint.ts";
import { peerNative } from "../src/broker/native/native.ts";
import { until } from "./until.ts";

export type Transport = "unix" | "websocket" | "native" | "native TLS";

/** Sends requests; answers come in their order. */
export interface Caller {
  call(answered: () => void): void;
  close(): void;
}

const NODE = "node-0";
const MODULE = "SupervisorControl::";
const TOPIC = "zeek/supervisor";

export const callers = {
  async supervisor(directory: string, transport: Transport): Promise<Caller> {
    const id = randomUUID();
    if (transport.startsWith("native")) return nativeCaller(directory, transport, id);
    const url = transport === "unix" ? unixUrl(directory) : tcpUrl(directory, transport);
    const request = message(TOPIC, `${MODULE}status_request`, [id, NODE]);
    return webSocketCaller(url, `${TOPIC}/status_response/${id}`, request);
  },

  /** The same request and its echo, by `ws` with nothing behind it. */
  echo(socket: string): Promise<Caller> {
    const request = message(TOPIC, `${MODULE}status_request`, [randomUUID(), NODE]);
    return webSocketCaller(`ws+unix:${socket}:/`, "", request);
  },

  /** @returns how many events a second got from one client to another */
  async relay(directory: string, time: number): Promise<number> {
    const topic = `bench/${randomUUID()}`;
    const to = await open(unixUrl(directory), topic);
    const from = await open(unixUrl(directory), "nothing");
    const text = message(topic, "Bench::event", ["a line that somebody wants to know of", "1"]);
    let received = 0;
    to.on("message", () => received++);
    const begun = performance.now();
    let sent = 0;
    while (performance.now() - begun < time) {
      for (let i = 0; i < 100; i++, sent++) from.send(text);
      await until("the events", () => sent - received < 500);
    }
    await until("the last events", () => received === sent);
    const rate = (received * 1000) / (performance.now() - begun);
    to.close();
    from.close();
    return rate;
  },

  /** Who is told of every start, and knows the pid of the node that was started last. */
  async watcher(directory: string) {
    const ws = await open(unixUrl(directory), `${TOPIC}/node_status`);
    let pid = 0;
    let onNext: () => void = () => {};
    ws.on("message", (bytes: Buffer) => {
      pid = Number(/"count","data":(\d+)}\]}\]}\]}$/.exec(String(bytes))?.[1]);
      onNext();
    });
    return {
      pid: () => pid,
      next: () =>
        new Promise<void>((next) => {
          onNext = next;
        }),
      close: () => ws.close(),
    };
  },
};

async function webSocketCaller(url: string, prefix: string, request: string): Promise<Caller> {
  const ws = await open(url, prefix);
  const waiting: (() => void)[] = [];
  ws.on("message", () => waiting.shift()?.());
  return {
    call(answered) {
      waiting.push(answered);
      ws.send(request);
    },
    close: () => ws.close(),
  };
}

async function nativeCaller(directory: string, transport: Transport, id: string): Promise<Caller> {
  const endpoint = new Endpoint(randomUUID(), (error) => {
    throw error;
  });
  const waiting: (() => void)[] = [];
  endpoint.subscribe(`${TOPIC}/status_response/${id}`);
  endpoint.onEvent(`${MODULE}status_response`, () => waiting.shift()?.());
  const connection = peerNative(endpoint, "127.0.0.1", portOf(directory, transport), {
    tls: transport === "native TLS",
  });
  await connection.connected;
  return {
    call(answered) {
      waiting.push(answered);
      endpoint.publish(TOPIC, { name: `${MODULE}status_request`, args: [id, NODE] });
    },
    close: () => connection.close(),
  };
}

/** A client that is subscribed to one prefix. */
async function open(url: string, prefix: string): Promise<WebSocket> {
  const ws = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((opened, failed) => {
    ws.once("error", failed);
    ws.once("open", () => ws.send(JSON.stringify([prefix])));
    ws.once("message", opened);
  });
  return ws;
}

function message(topic: string, name: string, args: readonly string[]): string {
  const count = { "@data-type": "count", data: 1 };
  const string = (data: string) => ({ "@data-type": "string", data });
  const vector = (data: unknown[]) => ({ "@data-type": "vector", data });
  return JSON.stringify({
    type: "data-message",
    topic,
    ...vector([count, count, vector([string(name), vector(args.map(string))])]),
  });
}

function unixUrl(directory: string): string {
  return `ws+unix:${path.join(directory, ".coppice", "control.sock")}:/v1/messages/json`;
}

function tcpUrl(directory: string, transport: Transport): string {
  return `ws://127.0.0.1:${portOf(directory, transport)}/v1/messages/json`;
}

function portOf(directory: string, transport: Transport): number {
  const ports = JSON.parse(fs.readFileSync(path.join(directory, "ports.json"), "utf8"));
  return (ports as Record<string, number>)[transport] ?? 0;
}
