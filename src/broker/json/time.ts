/** Points and spans of time as text. In nanoseconds; a day has 86,400 seconds. */

/** ISO 8601 in UTC, without a zone: to the millisecond, and more digits if there is more. */
export function timestampText(nanoseconds: bigint): string {
  const rest = nanoseconds % SECOND;
  const fraction = rest < 0n ? rest + SECOND : rest;
  const seconds = Number((nanoseconds - fraction) / SECOND);
  const day = Math.floor(seconds / DAY);
  const time = seconds - day * DAY;
  const clock = [Math.floor(time / 3600), Math.floor(time / 60) % 60, time % 60];
  const digits = pad(fraction, 9);
  const more = digits.slice(3).replace(/0+$/, "");
  return `${dateOfDay(day)}T${clock.map((part) => pad(part, 2)).join(":")}.${digits.slice(0, 3)}${more}`;
}

/** @returns undefined if it is no ISO 8601. Without a zone it is UTC; picoseconds are dropped. */
export function timestampOfText(text: string): bigint | undefined {
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(Number);
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month);
  const offset = offsetOf(match[8]);
  if (!isDate || hour > 23 || minute > 59 || second > 59 || offset === undefined) return undefined;
  const seconds = dayOfDate(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
  const fraction = (match[7] ?? "").slice(0, 9).padEnd(9, "0");
  return BigInt(seconds) * SECOND + BigInt(fraction);
}

/** In the largest unit that leaves no rest. */
export function timespanText(nanoseconds: bigint): string {
  const [unit, size] = WRITTEN.find(([, size]) => nanoseconds % size === 0n) ?? ["ns", 1n];
  return `${nanoseconds / size}${unit}`;
}

/** @returns undefined if it is not a whole number and a unit; it may have more than 64 bits */
export function timespanOfText(text: string): bigint | undefined {
  const [, digits, unit = ""] = TIMESPAN.exec(text) ?? [];
  const size = UNITS.get(unit);
  return digits === undefined || size === undefined ? undefined : BigInt(digits) * size;
}

/** @returns seconds */
function offsetOf(zone = "Z"): number | undefined {
  if (zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", ""));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** Years begin in March here, so that the odd day of a leap year is the last one. */
function dayOfDate(year: number, month: number, day: number): number {
  const years = month > 2 ? year : year - 1;
  const months = (month + 9) % 12;
  return daysBeforeYear(years) + daysBeforeMonth(months) + day - 1 - EPOCH;
}

function dateOfDay(day: number): string {
  const days = day + EPOCH;
  let year = Math.floor(days / 365.2425);
  // At the edges of a year, its average length is off by one.
  if (daysBeforeYear(year) > days) year--;
  else if (daysBeforeYear(year + 1) <= days) year++;
  const rest = days - daysBeforeYear(year);
  const months = Math.floor((rest * 5 + 2) / 153);
  const month = ((months + 2) % 12) + 1;
  const dayOfMonth = rest - daysBeforeMonth(months) + 1;
  return `${pad(month > 2 ? year : year + 1, 4)}-${pad(month, 2)}-${pad(dayOfMonth, 2)}`;
}

/** @param year that began in March */
function daysBeforeYear(year: number): number {
  return 365 * year + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
}

/** @param month 0 is March: from there on, five months have 153 days */
function daysBeforeMonth(month: number): number {
  return Math.floor((153 * month + 2) / 5);
}

function daysOfMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

function pad(value: number | bigint, digits: number): string {
  return String(value).padStart(digits, "0");
}

const SECOND = 1_000_000_000n;
/** Seconds. */
const DAY = 86_400;
/** From the first of March of the year 0 to the beginning of 1970. */
const EPOCH = 719_468;

/** Those that Zeek writes, the largest first. */
const WRITTEN: readonly (readonly [unit: string, size: bigint])[] = [
  ["s", SECOND],
  ["ms", 1_000_000n],
  ["us", 1000n],
  ["ns", 1n],
];
const UNITS = new Map([...WRITTEN, ["min", 60n * SECOND], ["h", 3600n * SECOND]] as const);
/** Not more digits than 64 bits can need: BigInt takes ever longer over them. */
const TIMESPAN = /^([+-]?\d{1,20})([a-z]+)$/;
const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?)?$/;
