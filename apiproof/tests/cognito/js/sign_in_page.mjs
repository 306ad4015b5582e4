// A person signs in on the emulator's page, in a real browser, to a single-page application.
//
//   node sign_in_page.mjs <ready file of `apiproof cognito`> <port of the application> <browser>
//
// The application is of another origin: all that it asks the emulator goes through CORS.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import { chromium } from "playwright-core";

import { totp } from "./tools.mjs";

const [readyFile, port, browserPath] = process.argv.slice(2);
const ready = JSON.parse(await readFile(readyFile, "utf8"));
const origin = `http://localhost:${port}`;

// The application: authorization code with PKCE, as a library for the browser does it.
const application = `<!doctype html><title>app</title><p id="state">signed out</p><script type="module">
const endpoint = ${JSON.stringify(ready.endpoint_url)};
const client = ${JSON.stringify(ready.client_id)};
const encoded = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const form = (values) => ({ method: "POST", body: new URLSearchParams(values) });
window.signIn = async () => {
  const verifier = encoded(crypto.getRandomValues(new Uint8Array(48)));
  sessionStorage.verifier = verifier;
  sessionStorage.state = encoded(crypto.getRandomValues(new Uint8Array(12)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  location.assign(endpoint + "/oauth2/authorize?" + new URLSearchParams({
    client_id: client, redirect_uri: location.origin + "/callback", response_type: "code",
    scope: "openid email aws.cognito.signin.user.admin", state: sessionStorage.state,
    code_challenge: encoded(digest), code_challenge_method: "S256",
  }));
};
window.tokens = async () => {
  const given = new URLSearchParams(location.search);
  if (given.get("state") !== sessionStorage.state) throw new Error("another state");
  const answer = await fetch(endpoint + "/oauth2/token", form({
    grant_type: "authorization_code", client_id: client, code: given.get("code"),
    redirect_uri: location.origin + "/callback", code_verifier: sessionStorage.verifier,
  }));
  return answer.json();
};
window.refresh = async (token) =>
  (await fetch(endpoint + "/oauth2/token", form({
    grant_type: "refresh_token", client_id: client, refresh_token: token,
  }))).json();
window.userInfo = async (token) =>
  (await fetch(endpoint + "/oauth2/userInfo", { headers: { Authorization: "Bearer " + token } })).json();
window.call = async (operation, parameters) => {
  const answer = await fetch(endpoint + "/", {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AWSCognitoIdentityProviderService." + operation,
      "amz-sdk-invocation-id": crypto.randomUUID(),
      "amz-sdk-request": "attempt=1; max=3",
    },
    body: JSON.stringify(parameters),
  });
  return { requestId: answer.headers.get("x-amzn-requestid"), ...(await answer.json()) };
};
window.keys = async () => (await fetch(${JSON.stringify(ready.jwks_url)})).json();
</script>`;

const server = createServer((_, answer) => {
  answer.writeHead(200, { "Content-Type": "text/html" }).end(application);
}).listen(Number(port), "localhost");

let steps = 0;
function step(text) {
  steps += 1;
  console.log(`${steps}. ${text}`);
}

const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  const title = () => page.locator("h1").textContent();
  const fill = async (values) => {
    for (const [name, value] of Object.entries(values)) await page.locator(`#${name}`).fill(value);
    await page.getByRole("button").click();
    await page.waitForLoadState();
  };

  await page.goto(origin);
  await page.evaluate(() => window.signIn());
  await page.waitForURL(`${ready.endpoint_url}/login?**`);
  assert.equal(await title(), "Sign in");
  step("the application leads to the sign-in page");

  await fill({ username: "grace", password: "Wrong-Horse-7" });
  assert.equal(await page.getByRole("alert").textContent(), "Incorrect username or password.");
  step("a wrong password is told on the page");

  await fill({ username: "grace", password: "Temporary-1!" });
  assert.equal(await title(), "Change your password");
  await fill({ NEW_PASSWORD: "Correct-Horse-7-Battery" });
  step("the temporary password is replaced");

  assert.equal(await title(), "Set up an authenticator app");
  const secret = await page.locator("#secret").textContent();
  await fill({ code: totp(secret) });
  await page.waitForURL(`${origin}/callback?**`);
  step("an authenticator app is set up, and the browser is back in the application");

  const tokens = await page.evaluate(() => window.tokens());
  assert.ok(tokens.access_token && tokens.id_token && tokens.refresh_token, "no tokens");
  const claims = JSON.parse(Buffer.from(tokens.id_token.split(".")[1], "base64url"));
  assert.equal(claims.iss, ready.issuer);
  assert.equal(claims.aud, ready.client_id);
  step("the page of another origin redeems the code, with PKCE");

  const info = await page.evaluate((token) => window.userInfo(token), tokens.access_token);
  assert.equal(info.email, "grace@example.com");
  const user = await page.evaluate(
    (token) => window.call("GetUser", { AccessToken: token }),
    tokens.access_token,
  );
  assert.equal(user.Username, "grace");
  assert.ok(user.requestId, "the request id is hidden from the page");
  assert.equal((await page.evaluate(() => window.keys())).keys.length, 2);
  step("it asks UserInfo, the API and the keys, preflights included");

  const renewed = await page.evaluate((token) => window.refresh(token), tokens.refresh_token);
  assert.ok(renewed.access_token);
  step("it refreshes");

  const before = page.url(); // a callback, too: what comes has another code
  await page.evaluate(() => window.signIn());
  await page.waitForURL((url) => url.href.startsWith(`${origin}/callback?`) && url.href !== before);
  step("the browser is remembered");

  const out = new URLSearchParams({ client_id: ready.client_id, logout_uri: `${origin}/bye` });
  await page.goto(`${ready.endpoint_url}/logout?${out}`);
  assert.equal(page.url(), `${origin}/bye`);
  await page.evaluate(() => window.signIn());
  await page.waitForURL(`${ready.endpoint_url}/login?**`);
  assert.equal(await title(), "Sign in");
  step("after signing out, the page asks again");

  await fill({ username: "grace", password: "Correct-Horse-7-Battery" });
  assert.equal(await title(), "Confirm your sign-in");
  await fill({ SOFTWARE_TOKEN_MFA_CODE: totp(secret, Date.now() + 30_000) });
  await page.waitForURL(`${origin}/callback?**`);
  step("the authenticator app is asked for");

  assert.deepEqual(trouble, []);
  console.log(`${steps} steps in ${await browser.version()}, all as Cognito's own page has them`);
} finally {
  await browser.close();
  server.close();
}
