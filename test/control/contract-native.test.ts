/** The API over Broker's own protocol. */
import { TRANSPORTS } from "../fixtures/remote.ts";
import { runContract } from "./run-contract.ts";

for (const transport of TRANSPORTS) if (transport.name.startsWith("tcp")) runContract(transport);
