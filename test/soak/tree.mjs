/** The tree of a soak: as many nodes as it is told, each of which prints all it can. */
import { on, supervisor } from "coppice";

const LINE = "x".repeat(89);

on("init", () => {
  for (let i = 0; i < Number(process.env.SOAK_NODES); i++)
    void supervisor.create({ name: `node-${i}`, command: ["yes", LINE] });
});
