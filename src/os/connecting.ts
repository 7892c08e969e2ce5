/** A connection that is given up when somebody says so. */
import net from "node:net";

/**
 * Connects. Once `signal` is aborted, an error comes and the connection closes, whatever it has come to.
 * That is what `net.connect` does with a signal of its own, at a price of 10 MB in a process that does it often.
 */
export function connectUntil(
  signal: AbortSignal,
  target: net.TcpNetConnectOpts | net.IpcNetConnectOpts,
): net.Socket {
  const socket = net.connect(target);
  const giveUp = (): void => {
    socket.destroy(new Error("given up"));
  };
  if (signal.aborted) giveUp();
  else signal.addEventListener("abort", giveUp);
  socket.once("close", () => signal.removeEventListener("abort", giveUp));
  return socket;
}
