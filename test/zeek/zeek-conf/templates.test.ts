/** `${name}` in interfaces and environments. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the templates of zeek.conf
import assert from "node:assert/strict";
import { test } from "node:test";
import { expand } from "../../../src/zeek/zeek-conf/templates.ts";
import { node, planned, problems } from "./planning.ts";

const VARIABLES = new Map([
  ["a", "A"],
  ["b", "${a}"],
]);

for (const [template, text] of [
  ["af_packet::eth0", "af_packet::eth0"],
  ["${a}", "A"],
  ["x${a}y${a}z", "xAyAz"],
  ["\\${a}", "${a}"],
  ["x\\${a}\\y", "x${a}\\y"],
  ["${a}\\${a}", "A${a}"],
  ["${b}", "${a}"],
  ["$a {a} $", "$a {a} $"],
] as const) {
  test(`${template} becomes ${text}`, () =>
    assert.deepEqual(expand(template, VARIABLES), { text }));
}

for (const [template, problem] of [
  ["${a", "a '}' is missing"],
  ["${ab}", "'ab' is not known; did you mean 'a'?"],
  ["${xyz}", "'xyz' is not known; known are a, b"],
] as const) {
  test(`${template} is refused`, () => assert.deepEqual(expand(template, VARIABLES), { problem }));
}

const BASE = "[zeek]\nmanager=1\n[interface a]\ninterface=eth0\nworkers=1\n[interface b]\n";

for (const [name, value] of [
  ["worker_index", "2"],
  ["worker_index0", "1"],
  ["host_worker_index", "3"],
  ["host_worker_index0", "2"],
  ["worker_cpu", "7"],
  ["interface_section_name", "b"],
] as const) {
  test(`\${${name}} of the second worker of the second interface is ${value}`, () => {
    const text = `${BASE}workers_cpu_list=5,7\nworkers=2\ninterface=x\${${name}}\nworker_env=V=\${${name}}!`;
    const worker = node(planned(text), "worker-b-2");
    assert.equal(worker.interface, `x${value}`);
    assert.equal(worker.env?.["V"], `${value}!`);
  });
}

test("8.x has a worker's name, and an empty CPU where none is pinned", () => {
  const text = "interface=${worker_name}:${worker_index}:${worker_index0}:${worker_cpu}";
  assert.equal(node(planned(text, "8.x"), "worker-1").interface, "worker-1:1:0:");
});

test("a name that only a pinned worker has is refused for others", () => {
  assert.deepEqual(problems("manager=1\nworkers=2\ninterface=eth${worker_cpu}"), [
    "zeek.conf:3: interface substitution for 'eth${worker_cpu}' failed: 'worker_cpu' is not known; known are worker_index, worker_index0, host_worker_index, host_worker_index0",
  ]);
  assert.deepEqual(problems("manager=1\nworkers=1\ninterface=${interface_section_name}").length, 1);
});

test("a template in the environment of what is no worker is refused on its own line", () => {
  assert.deepEqual(problems("manager=1\nmanager_env =\n  A=1\n  B=${worker_index}\n"), [
    "zeek.conf:4: manager_env substitution for '${worker_index}' failed: 'worker_index' is not known, as this is no worker's",
  ]);
  assert.deepEqual(problems("manager=1\nloggers=2\nenv=A=${worker_index}"), [
    "zeek.conf:3: env substitution for '${worker_index}' failed: 'worker_index' is not known, as this is no worker's",
  ]);
});

test("an interface of which nothing is left is refused", () => {
  assert.deepEqual(problems("interface=${worker_cpu}", "8.x"), [
    "zeek.conf:1: interface substitution for '${worker_cpu}' failed: nothing is left",
  ]);
});
