/** Clients of remote control that misbehave: they never read, say half of something, or vanish. */
import net from "node:net";
import path from "node:path";
import type { Dice } from "../../simulation/dice.ts";
import { pause, type World } from "../world.ts";
import type { Trouble } from "./trouble.ts";

const MOST_BYTES = 4 * 2 ** 20;

export const oddClients: Trouble = {
  name: "odd-clients",
  weight: 5,
  async run(world, dice, say) {
    const count = dice.between(5, 60);
    const ms = dice.between(300, 4_000);
    const how = dice.pick(["never read", "say half of something", "vanish", "send noise"] as const);
    say(`${count} clients that ${how}, for ${ms} ms`);
    const socket = path.join(world.tree.stateDirectory, "control.sock");
    const sockets = Array.from({ length: count }, () => odd(socket, how, dice));
    await pause(ms, world.stop);
    for (const one of sockets) one.destroy();
  },
};

export const askers: Trouble = {
  name: "askers",
  weight: 3,
  async run(world, dice, say) {
    const count = dice.between(2, 10);
    const ms = dice.between(500, 4_000);
    say(`${count} clients ask for everything, for ${ms} ms`);
    const end = performance.now() + ms;
    await Promise.all(Array.from({ length: count }, () => askUntil(world, end)));
  },
};

/** What they ask may be answered with an error, or not at all, as Supervisors come and go. */
async function askUntil(world: World, end: number): Promise<void> {
  while (performance.now() < end && !world.stop.aborted) {
    const client = await world.tree.connect(3_000).catch(() => undefined);
    if (client === undefined) {
      await pause(200, world.stop);
      continue;
    }
    const following = client.follow(() => {}, { lines: 20 });
    following.ended.catch(() => {});
    const unwatch = client.watch(() => {});
    const asked = Promise.allSettled([client.status(), client.usage(), client.crashes()]);
    await Promise.race([asked, pause(3_000, world.stop)]);
    following.stop();
    unwatch();
    client.close();
  }
}

function odd(file: string, how: string, dice: Dice): net.Socket {
  const socket = net.connect(file);
  socket.on("error", () => {});
  const upgrade = `GET /v1/messages/json HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${Buffer.alloc(16, dice.between(0, 255)).toString("base64")}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
  const noise = Buffer.from(Array.from({ length: 2_000 }, () => dice.between(0, 255)));
  const cut = dice.between(1, upgrade.length - 1);
  socket.once("connect", () => {
    switch (how) {
      case "never read":
        socket.pause();
        for (let size = 0; size < MOST_BYTES / 16; size += REQUEST.length) socket.write(REQUEST);
        return;
      case "say half of something":
        socket.write(upgrade.slice(0, cut));
        return;
      case "send noise":
        socket.write(upgrade);
        socket.write(noise);
        return;
      default:
        socket.write(upgrade);
        socket.destroy();
    }
  });
  return socket;
}

const REQUEST = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
