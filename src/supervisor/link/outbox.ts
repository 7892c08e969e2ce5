/**
 * Commands on their way to the Stem. What is said together goes out together, and in the order of the
 * nodes: who comes after others is created after them, and told to end before them.
 *
 * Together is what comes turn after turn without a break: the requests for many nodes that one client
 * sends at once are dealt with in several turns, so that others have theirs in between.
 */
import type { NodeConfig } from "../../core/config.ts";
import { inEndOrder, inStartOrder } from "../../core/order.ts";
import type { EndingCommand, Order } from "../../wire/stem-messages.ts";

export interface Command {
  message: Order;
  /** Of the node that it is for. */
  config: NodeConfig;
}

export class Outbox {
  readonly #send: (message: Order) => void;
  readonly #soon: (act: () => void) => void;
  #commands: Command[] = [];
  #isWaiting = false;
  /** Turns since the first of these commands, and since the last. */
  #turns = 0;
  #quietTurns = 0;

  /** @param soon calls back when this turn is over */
  constructor(send: (message: Order) => void, soon: (act: () => void) => void) {
    this.#send = send;
    this.#soon = soon;
  }

  /** How many are not sent yet. */
  get size(): number {
    return this.#commands.length;
  }

  add(command: Command): void {
    this.#commands.push(command);
    this.#quietTurns = 0;
    if (!this.#isWaiting) this.#wait();
  }

  /** Commands belong to one connection. */
  clear(): void {
    this.#commands = [];
  }

  #wait(): void {
    this.#isWaiting = true;
    this.#soon(() => {
      this.#isWaiting = false;
      this.#turns++;
      this.#quietTurns++;
      if (this.#quietTurns < BREAK && this.#turns < MOST_TURNS) this.#wait();
      else this.flush();
    });
  }

  /** Without waiting for what may come. */
  flush(): void {
    const commands = this.#commands;
    this.#commands = [];
    this.#turns = 0;
    for (const message of inOrder(commands)) this.#send(message);
  }
}

/**
 * Commands of different kinds keep their order; those of one kind, in a row, get that of the nodes,
 * and if they end nodes they are carried out together.
 */
export function inOrder(commands: readonly Command[]): Order[] {
  const sorted: Order[] = [];
  for (let start = 0; start < commands.length; ) {
    const type = commands[start]?.message.type;
    let end = start;
    while (commands[end]?.message.type === type) end++;
    const run = commands.slice(start, end);
    const sort = type === "create" || type === "start" ? inStartOrder : inEndOrder;
    sorted.push(...together(sort(run, ({ config }) => config).map(({ message }) => message)));
    start = end;
  }
  return sorted;
}

function together(messages: Order[]): Order[] {
  const ending = messages.filter(isEnding);
  if (ending.length < 2 || ending.length < messages.length) return messages;
  const batches = Math.ceil(ending.length / MOST_TOGETHER);
  return Array.from({ length: batches }, (_, i) => ({
    type: "together",
    commands: ending.slice(i * MOST_TOGETHER, (i + 1) * MOST_TOGETHER),
  }));
}

function isEnding(message: Order): message is EndingCommand {
  return message.type === "destroy" || message.type === "restart" || message.type === "stop";
}

/** Turns without a command: in the first of them the loop may have read more of what is on its way. */
const BREAK = 3;
/** However long it goes on: at 5 ms for each turn that a flood is given, half a second. */
const MOST_TURNS = 100;
/** Far below what fits in a frame. */
const MOST_TOGETHER = 10_000;
