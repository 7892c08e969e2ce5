/** Times of day, as this browser has them. */

/** `14:03:22`, with the date unless it is today's. */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime()) || at === 0) return "-";
  return dateOf(date) === dateOf(new Date(now)) ? timeOf(date) : `${dateOf(date)} ${timeOf(date)}`;
}

/** `14:03:22.045` */
export function exactTime(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "--:--:--.---";
  return `${timeOf(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** `14:03` */
export function shortTime(at: number): string {
  return timeOf(new Date(at)).slice(0, 5);
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
