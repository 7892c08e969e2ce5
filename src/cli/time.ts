/** Times and amounts as people read them. */

/** `5s`, `2m 5s`, `3h 12m`, `4d 3h`: never negative, though clocks may differ. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${Math.floor((seconds % 86_400) / 3600)}h`;
}

/** Time until something: rounded up, so that it is not there before. */
export function durationUntil(at: number, now: number): string {
  return duration(Math.ceil(Math.max(0, at - now) / 1000) * 1000);
}

/** Local time, as `14:03:22.045`. */
export function clockTime(at: number): string {
  const date = new Date(at);
  if (!isTime(date)) return "--:--:--.---";
  return `${timeOf(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Local time, with the date unless it is today's: `14:03:22`, `2026-07-28 14:03:22`. */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  if (!isTime(date) || at === 0) return "-";
  return dateOf(date) === dateOf(new Date(now)) ? timeOf(date) : `${dateOf(date)} ${timeOf(date)}`;
}

/** `512 KiB`, `12.3 MiB`: three digits at least. */
export function memory(bytes: number): string {
  let amount = bytes / 1024;
  let unit = 0;
  for (; amount >= 1000 && unit < UNITS.length - 1; unit++) amount /= 1024;
  return `${amount < 100 && unit > 0 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[unit]}`;
}

/** CPU time so far: `0.4s`, `12.0s`, then as durations are. */
export function cpuTime(milliseconds: number): string {
  return milliseconds < 60_000 ? `${(milliseconds / 1000).toFixed(1)}s` : duration(milliseconds);
}

function timeOf(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
}

function dateOf(date: Date): string {
  return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** What comes from afar may be no time at all. */
function isTime(date: Date): boolean {
  return !Number.isNaN(date.getTime());
}

const UNITS = ["KiB", "MiB", "GiB", "TiB"];
