/** The logger: a line in counts.log whenever the total has changed, in the form of Zeek's logs. */
import fs from "node:fs";
import { cluster } from "coppice";

const FILE = "counts.log";
const HEADER = `#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tcounts
#fields\tts\tpackets\tbytes
#types\ttime\tcount\tcount
`;

/** Lines are appended: a logger that comes back goes on where it was killed. */
export function writeLog(): void {
  if (!fs.existsSync(FILE)) fs.writeFileSync(FILE, HEADER);
  let last = "";
  cluster.onEvent("Count::total", (packets, bytes) => {
    const line = `${packets}\t${bytes}`;
    if (line === last) return;
    fs.appendFileSync(FILE, `${(Date.now() / 1000).toFixed(6)}\t${line}\n`);
    console.log(`${packets} packets, ${bytes} bytes`);
    last = line;
  });
}
