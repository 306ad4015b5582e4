// From the client's expectations to its pact file, the same bytes each time.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

// Before the library is loaded: nothing else silences its telemetry.
process.env.PACT_DO_NOT_TRACK = "true";
const { PactV3, SpecificationVersion } = await import("@pact-foundation/pact");
const { Randomizer } = await import("./client.js");

const CONSUMER = "randomizer-web";
const PROVIDER = "randomizer-api";

export const PACT = fileURLToPath(
  new URL(`../../../../pacts/${CONSUMER}--${PROVIDER}.json`, import.meta.url),
);

/** Play one case: the client against a mock of the API; it fails when they differ. */
export async function play(expected, dir) {
  // PactV4's own builder takes no form as text; this one does, and writes V4 as well.
  const pact = new PactV3({
    consumer: CONSUMER,
    provider: PROVIDER,
    spec: SpecificationVersion.SPECIFICATION_VERSION_V4,
    logLevel: "error",
    dir,
  });
  for (const [state, params] of expected.given) pact.given(state, params);
  await pact
    .uponReceiving(expected.description)
    .withRequest(expected.request)
    .willRespondWith(expected.response)
    .executeTest(async (mock) => {
      await expected.use(new Randomizer(mock.url, expected.token));
      await noted(pact, mock.port);
    });
}

/** Wait until the mock has noted the request: it answers first, and is asked right afterwards. */
async function noted(pact, port) {
  const deadline = Date.now() + 2000;
  while (!pact.pact.mockServerMatchedSuccessfully(port) && Date.now() < deadline) {
    await setTimeout(1);
  }
}

/** Play the cases one after the other and return the text of the pact. */
export async function generate(cases) {
  const dir = await mkdtemp(join(tmpdir(), "randomizer-web-"));
  try {
    for (const expected of cases) await play(expected, dir);
    const text = await readFile(join(dir, `${CONSUMER}-${PROVIDER}.json`), "utf8");
    const document = JSON.parse(text);
    // They name the libraries' versions, and would change with them.
    delete document.metadata.pactRust;
    delete document.metadata["pact-js"];
    return `${JSON.stringify(document, null, 2)}\n`;
  } finally {
    await rm(dir, { recursive: true });
  }
}
