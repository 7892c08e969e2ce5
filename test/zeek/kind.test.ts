/** What a configuration file is, and what of it depends on this machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceOf } from "../../src/zeek/device.ts";
import { kindOf } from "../../src/zeek/kind.ts";
import { parseVersion, versionText } from "../../src/zeek/version.ts";

test("a file is known by its name, whatever is in it, or else by what is in it", () => {
  const nodeCfg = "# mine\n[worker-1]\ntype = worker\nhost=localhost\n";
  const zeekConf = "interface = eth0\nworkers = 2\n";
  const inSections = "[zeek]\nmanager = 1\n[interface eth1]\ninterface = eth1\n";
  assert.equal(kindOf("node.cfg", zeekConf), "node.cfg");
  assert.equal(kindOf("zeek.conf", nodeCfg), "zeek.conf");
  assert.equal(kindOf("sensor-1.zeek.conf", ""), "zeek.conf");
  assert.equal(kindOf("cluster.ini", nodeCfg), "node.cfg");
  assert.equal(kindOf("cluster.ini", zeekConf), "zeek.conf");
  assert.equal(kindOf("cluster.ini", inSections), "zeek.conf");
});

test("a file that is neither is not taken for one of them", () => {
  for (const text of [
    "",
    "hello\n",
    "type = worker\n",
    "[zeek]\ncolour = red\n",
    "[a]\nport = 1\n",
  ])
    assert.equal(kindOf("some.file", text), undefined, text);
});

test("an interface names a device where the source of packets is the system's own", () => {
  assert.equal(deviceOf("eth0"), "eth0");
  assert.equal(deviceOf("af_packet::eth0.5"), "eth0.5");
  assert.equal(deviceOf("pcap::lo"), "lo");
  for (const name of [
    "zc:eth0@1",
    "netmap::eth0",
    "eth0,eth1",
    "any",
    "nflog5",
    "snf0",
    "napatech::1",
  ])
    assert.equal(deviceOf(name), undefined, name);
});

test("a version's text is what was read", () => {
  for (const text of ["8.2.2", "9.1.0-dev.12", "9.0.0-rc1", "7.0.0-beta2"]) {
    const version = parseVersion(text);
    assert.equal(version && versionText(version), text);
  }
});
