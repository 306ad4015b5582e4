// A user's whole life in the stand-in for Cognito, through the AWS SDK for JavaScript.
//
//   node journey.mjs <ready file of `apiproof cognito`>
//
// It knows nothing of Python: what it needs is in the ready file, and codes come from the outbox.

import assert from "node:assert/strict";
import { createHmac, createPublicKey, verify } from "node:crypto";
import { readFile } from "node:fs/promises";

import {
  ChangePasswordCommand,
  CognitoIdentityProviderClient,
  ConfirmForgotPasswordCommand,
  ConfirmSignUpCommand,
  DeleteUserCommand,
  ForgotPasswordCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";

import { controlOf } from "./tools.mjs";

const ready = JSON.parse(await readFile(process.argv[2], "utf8"));
const cognito = new CognitoIdentityProviderClient({
  endpoint: ready.endpoint_url,
  region: ready.region,
  credentials: { accessKeyId: "x", secretAccessKey: "x" },
  maxAttempts: 1,
});

const username = "grace";
const email = "grace@example.com";
const passwords = ["Correct-Horse-7-Battery", "New-Horse-8-Battery", "Third-Horse-9-Battery"];

const secretHash = createHmac("sha256", ready.client_secret)
  .update(username + ready.client_id)
  .digest("base64");
const app = { ClientId: ready.client_id, Username: username, SecretHash: secretHash };

const control = controlOf(ready);

async function lastCode(purpose) {
  const { messages } = await control("GET", `outbox?username=${username}&purpose=${purpose}`);
  assert.ok(messages.length > 0, `no ${purpose} message`);
  assert.equal(messages.at(-1).destination, email);
  return messages.at(-1).code;
}

async function login(password) {
  const answer = await cognito.send(
    new InitiateAuthCommand({
      ClientId: ready.client_id,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: username, PASSWORD: password, SECRET_HASH: secretHash },
    }),
  );
  return answer.AuthenticationResult;
}

async function refused(name, call) {
  await assert.rejects(call, (error) => error.name === name, `expected ${name}`);
}

function part(token, index) {
  return JSON.parse(Buffer.from(token.split(".")[index], "base64url").toString());
}

async function verified(token) {
  const { keys } = await (await fetch(ready.jwks_url)).json();
  const jwk = keys.find((key) => key.kid === part(token, 0).kid);
  const [header, payload, signature] = token.split(".");
  const signed = Buffer.from(`${header}.${payload}`);
  const key = createPublicKey({ key: jwk, format: "jwk" });
  assert.ok(verify("RSA-SHA256", signed, key, Buffer.from(signature, "base64url")));
  return part(token, 1);
}

const steps = {
  "sign up": async () => {
    const answer = await cognito.send(
      new SignUpCommand({
        ...app,
        Password: passwords[0],
        UserAttributes: [{ Name: "email", Value: email }],
      }),
    );
    assert.equal(answer.UserConfirmed, false);
    assert.equal(answer.CodeDeliveryDetails.Destination, "g***@e***");
    await refused("UserNotConfirmedException", () => login(passwords[0]));
  },
  "confirm with the code from the outbox": async () => {
    await refused("CodeMismatchException", () =>
      cognito.send(new ConfirmSignUpCommand({ ...app, ConfirmationCode: "000000" })),
    );
    const ConfirmationCode = await lastCode("sign-up");
    await cognito.send(new ConfirmSignUpCommand({ ...app, ConfirmationCode }));
  },
  "log in and verify the tokens": async () => {
    const tokens = await login(passwords[0]);
    const [access, identity] = [await verified(tokens.AccessToken), await verified(tokens.IdToken)];
    assert.equal(access.iss, ready.issuer);
    assert.equal(access.client_id, ready.client_id);
    assert.equal(identity.email, email);
    const user = await cognito.send(new GetUserCommand({ AccessToken: tokens.AccessToken }));
    assert.equal(user.Username, username);
  },
  "refresh, until signed out": async () => {
    const tokens = await login(passwords[0]);
    const refresh = () =>
      cognito.send(
        new InitiateAuthCommand({
          ClientId: ready.client_id,
          AuthFlow: "REFRESH_TOKEN_AUTH",
          AuthParameters: { REFRESH_TOKEN: tokens.RefreshToken, SECRET_HASH: secretHash },
        }),
      );
    const { AuthenticationResult } = await refresh();
    assert.equal((await verified(AuthenticationResult.AccessToken)).username, username);
    await cognito.send(new GlobalSignOutCommand({ AccessToken: tokens.AccessToken }));
    await refused("NotAuthorizedException", refresh);
  },
  "reset a forgotten password": async () => {
    await cognito.send(new ForgotPasswordCommand(app));
    const ConfirmationCode = await lastCode("password-reset");
    const reset = new ConfirmForgotPasswordCommand({
      ...app,
      ConfirmationCode,
      Password: passwords[1],
    });
    await control("POST", "clock", { advance_seconds: 3601 });
    await refused("ExpiredCodeException", () => cognito.send(reset));
    await control("DELETE", "clock");
    await cognito.send(reset);
    await refused("NotAuthorizedException", () => login(passwords[0]));
    await login(passwords[1]);
  },
  "change the password": async () => {
    const { AccessToken } = await login(passwords[1]);
    const [, PreviousPassword, ProposedPassword] = passwords;
    await cognito.send(
      new ChangePasswordCommand({ AccessToken, PreviousPassword, ProposedPassword }),
    );
    await login(passwords[2]);
  },
  "meet an outage": async () => {
    const plan = { kind: "fail", operation: "InitiateAuth", code: "TooManyRequestsException" };
    await control("POST", "outages", plan);
    await refused("TooManyRequestsException", () => login(passwords[2]));
    await login(passwords[2]);
  },
  "delete the account": async () => {
    const { AccessToken } = await login(passwords[2]);
    await cognito.send(new DeleteUserCommand({ AccessToken }));
    await refused("NotAuthorizedException", () => login(passwords[2]));
  },
};

for (const [name, step] of Object.entries(steps)) {
  await step();
  console.log(`ok ${name}`);
}
console.log(`${Object.keys(steps).length} steps, all as Cognito does them`);
