/** Paths as text, for Zeek runs on systems where "/" separates. */

/** @param base absolute */
export function absolutePath(path: string, base: string): string {
  if (path.startsWith("/")) return path;
  const words: string[] = [];
  for (const word of `${base}/${path}`.split("/")) {
    if (word === "..") words.pop();
    else if (word !== "" && word !== ".") words.push(word);
  }
  return `/${words.join("/")}`;
}

/**
 * A script's name that means the same in whatever directory its node works. As `zeek -j` has it, what
 * begins with a dot is a file; any other name is looked for along ZEEKPATH and stays as it is.
 * @param base absolute: what relative names are relative to
 */
export function absoluteScript(script: string, base: string): string {
  return script.startsWith(".") ? absolutePath(script, base) : script;
}
