/** What one client may take of this process, and why that much. */

export interface WebSocketLimits {
  /** Bytes of one message from a client; the largest request, a node's configuration, is far less. */
  message: number;
  /** Values in one message: sorting an unsorted set of them takes its time. */
  values: number;
  /** Characters of a client's first message: every prefix is compared with every topic. */
  subscriptions: number;
  /** Milliseconds from the connection to the end of the upgrade; Zeek's. */
  upgradeTime: number;
  /** Milliseconds from a plain request until its answer is taken, however large it is. */
  answerTime: number;
  /** Connections at once, whether they have become WebSockets or not; Zeek's. */
  connections: number;
  /** Bytes that may wait for a client: with more, it is not reading, and is dropped. */
  queued: number;
  /** Bytes that may wait for a client while we still read from it: what it asks makes more of them. */
  queuedWhileReading: number;
  /** Milliseconds between pings, and for the answer; negative: none are sent. Zeek's. */
  pingInterval: number;
  /** Milliseconds that a client has to answer when a connection is closed. */
  closeTime: number;
}

export const DEFAULT_LIMITS: WebSocketLimits = {
  message: 8 << 20,
  values: 100_000,
  subscriptions: 64 << 10,
  upgradeTime: 3000,
  answerTime: 30_000,
  connections: 100,
  queued: 16 << 20,
  queuedWhileReading: 1 << 20,
  pingInterval: 5000,
  closeTime: 2000,
};
