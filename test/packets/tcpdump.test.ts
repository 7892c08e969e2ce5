/** tcpdump's command line, and the words of its stderr. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CaptureRequest, TcpdumpWords, tcpdumpArguments } from "../../src/packets/tcpdump.ts";

const FILE: CaptureRequest = {
  source: "x.pcap",
  isLive: false,
  filter: undefined,
  snapLength: 262_144,
  isPromiscuous: true,
};

test("a filter is one argument, and is never taken for an option", () => {
  const args = tcpdumpArguments({ ...FILE, filter: "-w /etc/passwd" }, false);
  assert.deepEqual(args.slice(-2), ["--", "-w /etc/passwd"]);
});

test("-p is for an interface that is to stay as it is, and -Z for root", () => {
  const live = { ...FILE, isLive: true, source: "eth0" };
  assert.ok(!tcpdumpArguments(live, false).includes("-p"));
  assert.ok(tcpdumpArguments({ ...live, isPromiscuous: false }, false).includes("-p"));
  assert.ok(!tcpdumpArguments(live, false).includes("-Z"));
  assert.deepEqual(tcpdumpArguments(live, true).slice(0, 2), ["-Z", "root"]);
});

test("statistics are read from the line of a running tcpdump and from the lines of its end", () => {
  const words = said(
    "tcpdump: listening on lo, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n" +
      "tcpdump: 1 packet captured, 4 packets received by filter, 2 packets dropped by kernel, 1 packet dropped by interface\n",
  );
  assert.equal(words.told, 1);
  assert.deepEqual(words.statistics, { received: 4, droppedByKernel: 2, droppedByInterface: 1 });
  words.push("5 packets captured\n9 packets received by filter\n3 packets dropped by kernel\n");
  assert.equal(words.told, 2);
  assert.deepEqual(words.statistics, { received: 9, droppedByKernel: 3, droppedByInterface: 1 });
  words.push("8 packets dropped by interface\n");
  assert.equal(words.statistics.droppedByInterface, 8);
});

test("it listens once it has said so, in whatever pieces", () => {
  const words = new TcpdumpWords();
  for (const letter of "tcpdump: listening on lo, link-type EN10MB") words.push(letter);
  assert.equal(words.isListening, false);
  words.push("\n");
  assert.equal(words.isListening, true);
});

test("the reason is tcpdump's own words in one line, without banners, counts and warnings", () => {
  for (const [text, reason] of [
    [
      "reading from file a, link-type EN10MB (Ethernet), snapshot length 9\ntcpdump: pcap_loop: truncated dump file; tried to read 9 captured bytes, only got 1\n",
      "truncated dump file; tried to read 9 captured bytes, only got 1",
    ],
    ["tcpdump: nope0: No such device exists\n(No such device exists)\n", "No such device exists"],
    [
      "tcpdump: WARNING: snaplen lowered\ntcpdump: can't parse filter expression: syntax error\n",
      "can't parse filter expression: syntax error",
    ],
    [
      "tcpdump: nope0: You don't have permission\n(socket: Operation not permitted)\n",
      "You don't have permission (socket: Operation not permitted)",
    ],
    ["tcpdump: no newline", "no newline"],
    [
      "tcpdump: listening on lo, link-type\ntcpdump: pcap_loop: The interface disappeared\n3 packets captured\n3 packets received by filter\n0 packets dropped by kernel\n",
      "The interface disappeared",
    ],
    ["", "tcpdump did not say why"],
  ] as const) {
    assert.equal(said(text).reason("nope0"), reason);
  }
});

test("a tcpdump that talks without end is not listened to without end", () => {
  const words = new TcpdumpWords();
  for (let i = 0; i < 1_000; i++) words.push(`${"x".repeat(10_000)}${i % 2 ? "\n" : ""}`);
  assert.ok(words.reason("nope0").length <= 1_000);
});

function said(text: string): TcpdumpWords {
  const words = new TcpdumpWords();
  words.push(text);
  return words;
}
