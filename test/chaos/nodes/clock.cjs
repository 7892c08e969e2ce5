/**
 * Loaded into every Node.js of the tree: its wall clock is as far off as a file says, whenever that
 * changes. The monotonic clock is the kernel's, as when somebody sets the machine's time.
 */
const fs = require("node:fs");

const EVERY_MS = 50;
const file = process.env.CHAOS_CLOCK;
const Real = Date;
const real = Real.now;
let offset = 0;
let readAt = Number.NEGATIVE_INFINITY;

function offsetNow() {
  const now = performance.now();
  if (now - readAt < EVERY_MS) return offset;
  readAt = now;
  try {
    offset = Number(fs.readFileSync(file, "latin1")) || 0;
  } catch {
    // No descriptors are left, or the like: the clock stays as it is.
  }
  return offset;
}

if (file !== undefined) {
  Real.now = () => real() + offsetNow();
  globalThis.Date = new Proxy(Real, {
    construct: (target, args, self) =>
      Reflect.construct(target, args.length === 0 ? [Real.now()] : args, self),
    apply: () => new Real(Real.now()).toString(),
  });
}
