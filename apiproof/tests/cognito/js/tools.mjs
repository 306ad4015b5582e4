// What the journeys share: the emulator's outbox and clock, and an authenticator app.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

/** Gives a function that asks the control API of a served emulator. */
export function controlOf(ready) {
  return async (method, path, document) => {
    const answer = await fetch(`${ready.control_url}/${path}`, {
      method,
      body: document && JSON.stringify(document),
    });
    assert.equal(answer.status, 200, `${method} ${path}`);
    return answer.json();
  };
}

/** Gives the code that an authenticator app shows (RFC 6238) for a secret in base 32. */
export function totp(secret, time = Date.now()) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
