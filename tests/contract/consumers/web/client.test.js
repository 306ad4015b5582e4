// The consumer tests of `randomizer-web`: they write its pact, and the committed one is theirs.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PACT, generate, play } from "./pact.js";
import { CASES } from "./expectations.js";

for (const expected of CASES) {
  test(`the client understands ${expected.description}`, async (context) => {
    const dir = await mkdtemp(join(tmpdir(), "randomizer-web-"));
    context.after(() => rm(dir, { recursive: true }));
    await play(expected, dir);
  });
}

test("the committed pact is what these tests write", async () => {
  const written = await generate(CASES);
  assert.equal(
    await readFile(PACT, "utf8").catch(() => ""),
    written,
    "run `npm run pact`, and read its diff",
  );
});
