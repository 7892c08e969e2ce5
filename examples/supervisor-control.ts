/**
 * Has a running Supervisor restart all of its nodes, a Zeek's Supervisor or Coppice's.
 *
 *     coppice -j --listen 9999 tree.ts           in one terminal
 *     coppice examples/supervisor-control.ts     in another
 *
 * Definitions: `host=127.0.0.1`, `port=9999`, `node=NAME` for one node only.
 */
import { randomUUID } from "node:crypto";
import { args, broker, on, terminate } from "coppice";

const { host = "127.0.0.1", port = "9999", node = "" } = args.defines;
const request = randomUUID();

// Everybody who subscribes sees all answers: ours has the number of our request.
broker.subscribe(`zeek/supervisor/restart_response/${request}`);
broker.onEvent("SupervisorControl::restart_response", (id, result) => {
  if (id !== request) return;
  console.log(
    `restart of ${node === "" ? "all nodes" : node}: ${result ? "done" : "no such node"}`,
  );
  terminate();
});

broker.on("peerAdded", () => {
  broker.publish("zeek/supervisor", "SupervisorControl::restart_request", request, node);
});
broker.on("peerLost", (_peer, reason) => console.error(`lost the Supervisor: ${reason}`));

on("init", () => {
  broker.peer(host, Number(port), { retry: 1000 });
});
