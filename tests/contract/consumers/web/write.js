// `npm run pact`: write the pact of `randomizer-web` into `pacts/`.

import { writeFile } from "node:fs/promises";
import { PACT, generate } from "./pact.js";
import { CASES } from "./expectations.js";

await writeFile(PACT, await generate(CASES));
console.log(`Wrote ${PACT}`);
