/** Of Node.js's types, the one that a node's configuration has: browsers know none of them. */
declare namespace NodeJS {
  type Signals = `SIG${string}`;
}
