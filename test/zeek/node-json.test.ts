/** A node's configuration as Zeek's own Stem is told of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeJson } from "../../src/zeek/node-json.ts";

const places = { directory: "/spool/w", base: "/home/me" };

test("a node that says little has its containers, its directory, and nothing else", () => {
  assert.equal(
    nodeJson({ name: "w", zeek: {} }, places),
    '{"name":"w","directory":"/spool/w","addl_base_scripts":[],"addl_user_scripts":[],"env":{},"cluster":{}}',
  );
});

test("a node that says all", () => {
  const json = nodeJson(
    {
      name: "w",
      interface: "af_packet::eth0",
      directory: "w",
      bareMode: false,
      cpuAffinity: 0,
      addlBaseScripts: ["./a.zeek", "b"],
      addlUserScripts: ["../c.zeek"],
      env: { A: "1", ZEEKPATH: "/mine" },
      stdoutFile: "ignored",
      cluster: {
        w: {
          role: "WORKER",
          host: "localhost",
          port: 0,
          interface: "lo",
          metricsPort: 9911,
        },
        m: { role: "MANAGER", host: "::1", port: 27760, pcapFile: "a.pcap", metricsPort: 0 },
        x: { role: "NONE", host: "nowhere", port: 0 },
      },
      zeek: {},
    },
    { ...places, stdoutFile: "/state/w.out", stderrFile: "/state/w.err" },
  );
  assert.deepEqual(JSON.parse(json), {
    name: "w",
    interface: "af_packet::eth0",
    directory: "/spool/w",
    stdout_file: "/state/w.out",
    stderr_file: "/state/w.err",
    bare_mode: false,
    cpu_affinity: 0,
    addl_base_scripts: ["/home/me/a.zeek", "b"],
    addl_user_scripts: ["/home/c.zeek"],
    env: { A: "1" },
    cluster: {
      m: {
        role: "Supervisor::MANAGER",
        host: "::1",
        p: { port: 27760, proto: "tcp" },
        pcap_file: "a.pcap",
      },
      w: {
        role: "Supervisor::WORKER",
        host: "127.0.0.1",
        p: { port: 0, proto: "unknown" },
        interface: "lo",
        metrics_port: { port: 9911, proto: "tcp" },
      },
    },
  });
  assert.ok(!json.includes("\0") && !json.includes("\n"));
});

test("beside a layout of the user's own the table is empty, or that layout would not be loaded", () => {
  const cluster = { w: { role: "WORKER" as const, host: "::1", port: 0 } };
  const json = nodeJson({ name: "w", cluster, zeek: { layout: "mine.zeek" } }, places);
  assert.deepEqual(JSON.parse(json).cluster, {});
});

test("a trace is named as Zeek names it", () => {
  assert.equal(JSON.parse(nodeJson({ name: "w", pcapFile: "a" }, places)).pcap_file, "a");
});
