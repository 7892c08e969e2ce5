/** When processes are looked at, and what of that is told at their end: on virtual time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_MS, RAREST_MS, Sampler } from "../../src/evidence/sampler.ts";

class World {
  now = 0;
  readonly looks: { pid: number; at: number }[] = [];
  readonly gone = new Set<number>();
  #timers: { at: number; act: () => void }[] = [];
  readonly sampler = new Sampler({
    now: () => this.now,
    wall: () => 5_000 + this.now,
    sample: (pid) => {
      this.looks.push({ pid, at: this.now });
      return this.gone.has(pid) ? undefined : { cpu: this.now, memory: pid, peakMemory: 2 * pid };
    },
    after: (ms, act) => {
      const timer = { at: this.now + ms, act };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
      };
    },
  });

  until(end: number): void {
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.now = next.at;
      next.act();
    }
    this.now = end;
  }

  get timers(): number {
    return this.#timers.length;
  }
}

test("a process is looked at soon, and then ever more rarely", () => {
  const world = new World();
  world.sampler.started("a", 7);
  world.until(40_000);
  assert.deepEqual(
    world.looks.map(({ at }) => at),
    [1_000, 2_000, 4_000, 8_000, 20_000, 30_000, 40_000],
  );
  assert.deepEqual(world.sampler.ended("a", 7), {
    cpu: 40_000,
    memory: 7,
    peakMemory: 14,
    sampledAt: 45_000,
  });
  world.until(100_000);
  assert.deepEqual([world.looks.length, world.timers], [7, 0]);
});

test("of one that was never seen alive nothing is told, nor of another of that name", () => {
  const world = new World();
  world.sampler.started("a", 7);
  assert.equal(world.sampler.ended("a", 7), undefined);
  world.gone.add(8);
  world.sampler.started("a", 8);
  world.until(5_000);
  assert.equal(world.sampler.ended("a", 8), undefined);
  world.sampler.started("a", 9);
  world.until(10_000);
  assert.equal(world.sampler.ended("a", 7), undefined);
  assert.equal(world.sampler.ended("a", 9)?.memory, 9);
  world.sampler.started("a", 10);
  world.sampler.forget("a");
  assert.equal(world.sampler.ended("a", 10), undefined);
});

test("a thousand at once are looked at a few at a time, and none is forgotten", () => {
  const world = new World();
  for (let i = 1; i <= 1_000; i++) world.sampler.started(`n${i}`, i);
  world.until(FIRST_MS);
  assert.equal(new Set(world.looks.map(({ pid }) => pid)).size, 1_000);
  assert.equal(world.timers, 1);
  world.until(FIRST_MS + 10 * RAREST_MS);
  assert.ok(world.looks.length < 15_000);
});

test("those that were started at different times are soon looked at together", () => {
  const world = new World();
  for (let i = 1; i <= 40; i++) {
    world.until(i * 130);
    world.sampler.started(`n${i}`, i);
  }
  world.until(60_000);
  const late = world.looks.filter(({ at }) => at > 30_000);
  assert.deepEqual([...new Set(late.map(({ at }) => at))], [40_000, 50_000, 60_000]);
  assert.equal(late.length, 3 * 40);
});
