/** Programs that are asked something, where none can be started. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutDescriptors } from "../fixtures/descriptors.ts";

test("without a free descriptor whoever asks is told so", () => {
  const answers = withoutDescriptors<string[]>(
    `const question = { env: process.env, signal: new AbortController().signal };
     useUp();
     const { said, ended } = asking.askAside(["true"], question);
     const codeOf = (answer) => answer.then(() => "an answer", (error) => error.code);
     const answers = [await said, await codeOf(ended), await codeOf(asking.ask(["true"], question))];
     free();
     return answers;`,
    { asking: "os/ask.ts" },
  );
  assert.deepEqual(answers, ["", "EMFILE", "EMFILE"]);
});
