/** The API over WebSockets. */
import { TRANSPORTS } from "../fixtures/remote.ts";
import { runContract } from "./run-contract.ts";

for (const transport of TRANSPORTS) if (transport.name.startsWith("ws")) runContract(transport);
