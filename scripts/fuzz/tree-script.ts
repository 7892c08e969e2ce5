/** The tree that is fuzzed: run by its Supervisor, and by its script node. */
import fs from "node:fs";
import { broker, on, supervisor } from "coppice";
import { CRASHER, SACRIFICE } from "./names.ts";

const TICK_MS = 20;

on("init", async () => {
  if (supervisor.isSupervisor()) await grow();
  else tick();
});

async function grow(): Promise<void> {
  await supervisor.create({ name: "steady", command: ["sleep", "1000000"] });
  await supervisor.create({ name: "ticker" });
  await supervisor.create({
    name: "counter",
    command: ["sh", "-c", 'n=0; while :; do echo "number $n"; n=$((n+1)); sleep 0.1; done'],
  });
  await supervisor.create({
    name: CRASHER,
    command: ["sh", "-c", "sleep 0.7; exit 3"],
    revival: { delay: 300, factor: 1 },
  });
  await supervisor.create({ name: SACRIFICE, command: ["sleep", "1000000"] });
  const tls = await broker.listen({ port: 0 });
  console.log(`listens native-tls ${tls.port}`);
  const { cert = "", key = "" } = JSON.parse(process.env["FUZZ_CERTIFICATE"] ?? "{}");
  if (cert === "") return;
  const wss = await broker.listenWebSocket({
    port: 0,
    tls: { cert: fs.readFileSync(cert, "utf8"), key: fs.readFileSync(key, "utf8") },
  });
  console.log(`listens wss ${wss.port}`);
}

/** Numbered lines, of which none may be lost. */
function tick(): void {
  let number = 0;
  setInterval(() => console.log(`number ${number++}`), TICK_MS);
}
