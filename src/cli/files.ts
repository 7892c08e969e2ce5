/** Files that the command line names. */
import fs from "node:fs";
import { FileError } from "../errors.ts";
import { errnoText } from "../os/tools.ts";

/** @param what the file is, for the error. @throws FileError */
export function readFile(file: string, what: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    const reason = errnoText(error as NodeJS.ErrnoException);
    throw new FileError(`cannot read ${what} ${file}: ${reason}`);
  }
}

/** A bearer token: the first line of a file. @throws FileError */
export function readToken(file: string): string {
  const token = readFile(file, "the token").split("\n")[0]?.trim() ?? "";
  if (token === "") throw new FileError(`the first line of ${file} is empty, and no token`);
  return token;
}

/** Certificates or a key. @param option that names the file. @throws FileError */
export function readPem(file: string, option: string): string {
  const pem = readFile(file, option);
  if (!pem.includes("-----BEGIN ")) throw new FileError(`${option} ${file} is no PEM file`);
  return pem;
}
