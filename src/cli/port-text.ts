/** A port as an option says it: PORT, HOST:PORT or a Unix socket's path. */

/** @param absolute what a path of the caller's is to the Supervisor */
export function portFrom(text: string, absolute: (file: string) => string): number | string {
  if (/^\d+$/.test(text)) return Number(text);
  return text.includes("/") ? absolute(text) : text;
}
