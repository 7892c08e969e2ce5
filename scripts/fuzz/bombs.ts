/** Messages that are made to take memory, time, or the stack. */
import type { Dice } from "../../test/simulation/dice.ts";

/** The largest, of as many bytes as a message may have, are rare. */
function sizeOf(dice: Dice): number {
  if (dice.chance(0.005)) return dice.between(7 << 20, 9 << 20);
  return dice.chance(0.1) ? dice.between(10_000, 500_000) : dice.between(10, 10_000);
}

/** In broker-json-v1. */
export function jsonBomb(dice: Dice): Buffer {
  const size = sizeOf(dice);
  const times = (text: string) => text.repeat(Math.ceil(size / text.length));
  const value = (type: string, data: string) => `{"@data-type":"${type}","data":${data}}`;
  const message = (data: string) =>
    Buffer.from(`{"topic":"zeek/supervisor","@data-type":"vector","data":${data}}`);
  switch (dice.between(0, 12)) {
    case 0:
      return Buffer.from(times("["));
    case 1:
      return Buffer.from(times('{"a":'));
    case 2:
      return message(times('[{"@data-type":"vector","data":'));
    case 3:
      return message(`[${times(`${value("none", "{}")},`)}${value("none", "{}")}]`);
    case 4:
      return message(`[${value("set", `[${times(`${value("count", "1")},`)}{}]`)}]`);
    case 5:
      return message(`[${value("string", `"${times("\\u0000")}"`)}]`);
    case 6:
      return message(`[${value("count", times("9"))}]`);
    case 7:
      return message(`[${value("real", `0.${times("9")}`)}]`);
    case 8:
      return Buffer.from(`{${times('"topic":"x",')}"topic":"y"}`);
    case 9:
      return message(`[${value("timespan", `"${times("1")}min"`)}]`);
    case 10:
      return Buffer.from(`{"topic":"${times("t")}","@data-type":"vector","data":${EVENT}}`);
    case 11:
      return message(nested(dice.between(50, 80)));
    default:
      return Buffer.from(times(" "));
  }
}

function nested(depth: number): string {
  return `${'[{"@data-type":"vector","data":'.repeat(depth)}[]${"}]".repeat(depth)}`;
}

/** In broker-bin-v1. */
export function binaryBomb(dice: Dice): Buffer {
  const size = sizeOf(dice);
  const times = (bytes: number[]) =>
    Buffer.alloc(Math.ceil(size / bytes.length) * bytes.length, Uint8Array.from(bytes));
  switch (dice.between(0, 8)) {
    case 0:
      return times([0x0e, 1]);
    case 1:
      return times([0x0d, 1]);
    case 2:
      return list(0x0e, size, times([0x00]));
    case 3:
      return list(0x0c, Math.ceil(size / 2), times([0x01, 0x01, 0x01, 0x00]));
    case 4:
      return list(0x0d, Math.ceil(size / 2), times([0x00]));
    case 5:
      return list(0x05, size, times([0xff]));
    case 6:
      return list(0x0e, 0xffffffff, times([0x00]));
    case 7:
      return list(0x05, 0xffffffff, times([0x41]));
    default:
      return times([0x0c, 1, 0x0d, 1]);
  }
}

function list(tag: number, length: number, rest: Buffer): Buffer {
  return Buffer.concat([Uint8Array.of(tag), varbyte(length), rest]);
}

export function varbyte(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

const EVENT =
  '[{"@data-type":"count","data":1},{"@data-type":"count","data":1},{"@data-type":"vector","data":[{"@data-type":"string","data":"Fuzz::long"},{"@data-type":"vector","data":[]}]}]';
