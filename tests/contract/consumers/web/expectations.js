// What `randomizer-web` expects of the API, each with the client at work on it.
// It knows nothing of how a provider mints tokens: it sends one of its own invention.

import assert from "node:assert/strict";
import { MatchersV3 as match } from "@pact-foundation/pact";

export const TOKEN = "web-token";
const PASSWORD = "Correct-Horse-7-Battery";
const NEXT_PASSWORD = "Staple-8-Correct-Horse";
const SUB = "6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c55";
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const NOON = "2026-01-31T12:00:00Z";
const FORM = "application/x-www-form-urlencoded";

const bearer = { Authorization: `Bearer ${TOKEN}` };
const json = { "Content-Type": "application/json" };
const number = {
  id: match.integer(1),
  min_value: match.integer(1),
  max_value: match.integer(6),
  num: match.integer(4),
  created_at: match.regex(INSTANT, NOON),
};
const profile = {
  sub: match.uuid(SUB),
  username: "ada",
  email: "ada@example.com",
  full_name: null,
  created_at: match.regex(INSTANT, NOON),
};

const ada = ["a verified user exists", { username: "ada" }];
const nobody = ["no user exists"];
const tokenInvalid = ["the access token is invalid"];

function refusal(status, detail, headers = {}) {
  return { status, headers: { ...json, ...headers }, body: { detail } };
}

function later(status) {
  return refusal(status, match.string("Try again later"), {
    "Retry-After": match.regex(/^\d+$/, "2"),
  });
}

function problem(field) {
  return match.eachLike({ loc: ["body", field], msg: match.string("Not so") });
}

function login(username) {
  const body = `username=${username}&password=${PASSWORD}`;
  return { method: "POST", path: "/users/login", headers: { "Content-Type": FORM }, body };
}

function send(method, path, body, headers = bearer) {
  return { method, path, headers: { ...headers, ...json }, body };
}

async function refuses(promise, kind, more = {}) {
  await assert.rejects(promise, { kind, ...more });
}

export const CASES = [
  {
    description: "a login in the browser",
    given: [["a verified user exists", { username: "ada", password: PASSWORD }]],
    request: login("ada"),
    response: {
      status: 200,
      headers: json,
      body: {
        access_token: match.regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, "a.b.c"),
        token_type: "bearer",
      },
    },
    use: async (client) => assert.equal(await client.logIn("ada", PASSWORD), "a.b.c"),
  },
  {
    description: "a login with a wrong password",
    given: [["a verified user exists", { username: "ada", password: NEXT_PASSWORD }]],
    request: login("ada"),
    response: refusal(401, "Incorrect username or password"),
    use: (client) => refuses(client.logIn("ada", PASSWORD), "login-needed"),
  },
  {
    description: "a login while Cognito is away",
    given: [["Cognito is unavailable"]],
    request: login("ada"),
    response: later(503),
    use: (client) => refuses(client.logIn("ada", PASSWORD), "try-later", { seconds: 2 }),
  },
  {
    description: "a forgotten password",
    given: [ada],
    request: send("POST", "/users/forgot_password", { username: "ada" }, {}),
    response: { status: 200, headers: json, body: { message: match.string("Sent") } },
    use: async (client) => assert.ok((await client.forgotPassword("ada")).message),
  },
  {
    description: "a new password with the code from the mail",
    given: [["a user has asked for a password reset", { username: "ada" }]],
    request: send(
      "POST",
      "/users/reset_password",
      {
        username: "ada",
        confirmation_code: match.fromProviderState("${confirmation_code}", "123456"),
        new_password: NEXT_PASSWORD,
      },
      {},
    ),
    response: { status: 200, headers: json, body: { message: match.string("Reset") } },
    use: async (client) =>
      assert.ok((await client.resetPassword("ada", "123456", NEXT_PASSWORD)).message),
  },
  {
    description: "a new password with a wrong code",
    given: [nobody],
    request: send(
      "POST",
      "/users/reset_password",
      { username: "ada", confirmation_code: "000000", new_password: NEXT_PASSWORD },
      {},
    ),
    response: refusal(403, match.string("Invalid or expired code")),
    use: (client) =>
      refuses(client.resetPassword("ada", "000000", NEXT_PASSWORD), "not-allowed"),
  },
  {
    description: "a change of the password",
    token: TOKEN,
    given: [["a verified user exists", { username: "ada", password: PASSWORD }]],
    request: send("POST", "/users/change_password", {
      current_password: PASSWORD,
      new_password: NEXT_PASSWORD,
    }),
    response: { status: 200, headers: json, body: { message: match.string("Changed") } },
    use: async (client) =>
      assert.ok((await client.changePassword(PASSWORD, NEXT_PASSWORD)).message),
  },
  {
    description: "a change of the password with a wrong one",
    token: TOKEN,
    given: [["a verified user exists", { username: "ada", password: PASSWORD }]],
    request: send("POST", "/users/change_password", {
      current_password: "Wrong-Horse-7-Battery",
      new_password: NEXT_PASSWORD,
    }),
    response: refusal(403, "Incorrect password"),
    use: (client) =>
      refuses(client.changePassword("Wrong-Horse-7-Battery", NEXT_PASSWORD), "not-allowed"),
  },
  {
    description: "one's own profile",
    token: TOKEN,
    given: [["a verified user exists", { username: "ada", email: "ada@example.com" }]],
    request: { method: "GET", path: "/users/me", headers: bearer },
    response: { status: 200, headers: json, body: profile },
    use: async (client) => assert.equal((await client.profile()).sub, SUB),
  },
  {
    description: "one's own profile with a token of one's own invention",
    token: TOKEN,
    given: [ada, tokenInvalid],
    request: { method: "GET", path: "/users/me", headers: bearer },
    response: refusal(401, match.string("Invalid token"), {
      "WWW-Authenticate": match.regex(/^Bearer.*$/, 'Bearer error="invalid_token"'),
    }),
    use: (client) => refuses(client.profile(), "login-needed"),
  },
  {
    description: "one's own profile after a logout elsewhere",
    token: TOKEN,
    given: [ada, ["the user has logged out"]],
    request: { method: "GET", path: "/users/me", headers: bearer },
    response: refusal(401, match.string("Invalid token")),
    use: (client) => refuses(client.profile(), "login-needed"),
  },
  {
    description: "a new full name",
    token: TOKEN,
    given: [["a verified user exists", { username: "ada", email: "ada@example.com" }]],
    request: send("PATCH", "/users/me", { full_name: "Ada Lovelace" }),
    response: {
      status: 200,
      headers: json,
      body: { ...profile, full_name: "Ada Lovelace" },
    },
    use: async (client) =>
      assert.equal((await client.rename("Ada Lovelace")).full_name, "Ada Lovelace"),
  },
  {
    description: "the end of an account",
    token: TOKEN,
    given: [ada],
    request: { method: "DELETE", path: "/users/me", headers: bearer },
    response: { status: 204 },
    use: async (client) => assert.equal(await client.leave(), undefined),
  },
  {
    description: "someone's card",
    given: [["a verified user exists", { username: "ada", email: "ada@example.com" }]],
    request: {
      method: "GET",
      path: match.fromProviderState("/users/${sub}", `/users/${SUB}`),
    },
    response: {
      status: 200,
      headers: json,
      body: { sub: match.uuid(SUB), username: "ada", email: "ada@example.com" },
    },
    use: async (client) => assert.equal((await client.card(SUB)).username, "ada"),
  },
  {
    description: "the card of nobody",
    given: [nobody],
    request: { method: "GET", path: `/users/${SUB}` },
    response: refusal(404, "User not found"),
    use: (client) => refuses(client.card(SUB), "not-found"),
  },
  {
    description: "the latest numbers",
    token: TOKEN,
    given: [ada, ["a user has random numbers", { count: 2 }]],
    request: { method: "GET", path: "/randoms", query: { limit: "10" }, headers: bearer },
    response: { status: 200, headers: json, body: match.eachLike(number) },
    use: async (client) => assert.equal((await client.numbers(10))[0].num, 4),
  },
  {
    description: "the latest numbers while the database is away",
    token: TOKEN,
    given: [ada, ["the database is unavailable"]],
    request: { method: "GET", path: "/randoms", query: { limit: "10" }, headers: bearer },
    response: later(503),
    use: (client) => refuses(client.numbers(10), "try-later", { seconds: 2 }),
  },
  {
    description: "a draw with its bounds reversed",
    token: TOKEN,
    given: [ada],
    request: send("POST", "/randoms", { min_value: 6, max_value: 1 }),
    response: refusal(409, match.string("Not so")),
    use: (client) => refuses(client.draw(6, 1), "conflict"),
  },
  {
    description: "a higher bound",
    token: TOKEN,
    given: [ada, ["a user has random numbers", { count: 1, min_value: 1, max_value: 6 }]],
    request: send("PATCH", "/randoms/1", { max_value: 12 }),
    response: {
      status: 200,
      headers: json,
      body: { ...number, id: 1, min_value: 1, max_value: 12 },
    },
    use: async (client) => assert.equal((await client.raise(1, 12)).max_value, 12),
  },
  {
    description: "a higher bound that is no number",
    token: TOKEN,
    given: [ada, ["a user has random numbers", { count: 1 }]],
    request: send("PATCH", "/randoms/1", { max_value: "high" }),
    response: refusal(422, problem("max_value")),
    use: (client) => refuses(client.raise(1, "high"), "input-refused", { fields: ["max_value"] }),
  },
  {
    description: "a higher bound of a number that is gone",
    token: TOKEN,
    given: [ada],
    request: send("PATCH", "/randoms/1", { max_value: 12 }),
    response: refusal(404, "Random not found"),
    use: (client) => refuses(client.raise(1, 12), "not-found"),
  },
];
