// A user's whole life by the libraries of web applications, each with its own default sign-in (SRP).
//
//   node clients.mjs <ready file of `apiproof cognito`>
//
// amazon-cognito-identity-js and aws-amplify travel; aws-jwt-verify reads the tokens they get.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserAttribute,
  CognitoUserPool,
} from "amazon-cognito-identity-js";
import { Amplify } from "aws-amplify";
import * as auth from "aws-amplify/auth";
import { CognitoJwtVerifier } from "aws-jwt-verify";

import { controlOf, totp } from "./tools.mjs";

const ready = JSON.parse(await readFile(process.argv[2], "utf8"));
const control = controlOf(ready);
const [first, second, third] = ["Correct-Horse-7", "New-Horse-8-Battery", "Third-Horse-9-Battery"];

const verifier = CognitoJwtVerifier.create({
  userPoolId: ready.user_pool_id,
  clientId: ready.client_id,
  tokenUse: null,
});
verifier.cacheJwks(await (await fetch(ready.jwks_url)).json());

async function verified({ access, id }, username) {
  const claims = await verifier.verify(access, { tokenUse: "access" });
  assert.equal(claims.username, username);
  const identity = await verifier.verify(id, { tokenUse: "id" });
  assert.equal(identity.email, `${username}@example.com`);
  const half = Math.floor(access.length / 2);
  const tampered = access.slice(0, half) + (access[half] === "A" ? "B" : "A") + access.slice(half + 1);
  await assert.rejects(verifier.verify(tampered, { tokenUse: "access" }));
  await assert.rejects(verifier.verify(access, { tokenUse: "id" }));
  return claims;
}

async function code(username, purpose) {
  const { messages } = await control("GET", `outbox?username=${username}&purpose=${purpose}`);
  assert.ok(messages.length > 0, `no ${purpose} message`);
  return messages.at(-1).code;
}

// amazon-cognito-identity-js

function identityJs(username) {
  const pool = new CognitoUserPool({
    UserPoolId: ready.user_pool_id,
    ClientId: ready.client_id,
    endpoint: `${ready.endpoint_url}/`,
  });
  const user = new CognitoUser({ Username: username, Pool: pool });
  const called = (call) =>
    new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
  const reported = (call) =>
    new Promise((onSuccess, onFailure) => call({ onSuccess, onFailure }));
  const signIn = (Password) =>
    new Promise((resolve, onFailure) =>
      user.authenticateUser(new AuthenticationDetails({ Username: username, Password }), {
        onSuccess: resolve,
        onFailure,
        totpRequired: (name) => resolve({ challenge: name }),
      }),
    );
  const tokens = (session) => ({
    access: session.getAccessToken().getJwtToken(),
    id: session.getIdToken().getJwtToken(),
  });
  let secret;
  return {
    signUp: () =>
      called((done) =>
        pool.signUp(
          username,
          first,
          [new CognitoUserAttribute({ Name: "email", Value: `${username}@example.com` })],
          null,
          done,
        ),
      ),
    confirm: (given) => called((done) => user.confirmRegistration(given, false, done)),
    signIn: async (password) => tokens(await signIn(password)),
    refresh: async () => {
      const { refreshToken } = user.getSignInUserSession();
      return tokens(await called((done) => user.refreshSession(refreshToken, done)));
    },
    change: (from, to) => called((done) => user.changePassword(from, to, done)),
    forgot: () => reported((callbacks) => user.forgotPassword(callbacks)),
    reset: (given, password) =>
      reported((callbacks) => user.confirmPassword(given, password, callbacks)),
    setUpTotp: async () => {
      secret = await new Promise((associateSecretCode, onFailure) =>
        user.associateSoftwareToken({ associateSecretCode, onFailure }),
      );
      await reported((callbacks) => user.verifySoftwareToken(totp(secret), "phone", callbacks));
      const preferred = { PreferredMfa: true, Enabled: true };
      await called((done) => user.setUserMfaPreference(null, preferred, done));
    },
    signInWithTotp: async (password, time) => {
      const asked = await signIn(password);
      assert.equal(asked.challenge, "SOFTWARE_TOKEN_MFA");
      const session = await reported((callbacks) =>
        user.sendMFACode(totp(secret, time), callbacks, "SOFTWARE_TOKEN_MFA"),
      );
      return tokens(session);
    },
    signOut: () => reported((callbacks) => user.globalSignOut(callbacks)),
    remove: () => called((done) => user.deleteUser(done)),
  };
}

// aws-amplify v6

function amplify(username) {
  Amplify.configure({
    Auth: {
      Cognito: {
        userPoolId: ready.user_pool_id,
        userPoolClientId: ready.client_id,
        userPoolEndpoint: ready.endpoint_url,
      },
    },
  });
  const session = async (options) => {
    const { tokens } = await auth.fetchAuthSession(options);
    return { access: tokens.accessToken.toString(), id: tokens.idToken.toString() };
  };
  const signedIn = async (password) => {
    const { isSignedIn, nextStep } = await auth.signIn({ username, password });
    assert.ok(isSignedIn, nextStep.signInStep);
    return session();
  };
  let secret;
  return {
    signUp: async () => {
      const userAttributes = { email: `${username}@example.com` };
      const { nextStep } = await auth.signUp({
        username,
        password: first,
        options: { userAttributes },
      });
      assert.equal(nextStep.signUpStep, "CONFIRM_SIGN_UP");
    },
    confirm: (confirmationCode) => auth.confirmSignUp({ username, confirmationCode }),
    signIn: signedIn,
    refresh: () => session({ forceRefresh: true }),
    change: (oldPassword, newPassword) => auth.updatePassword({ oldPassword, newPassword }),
    forgot: () => auth.resetPassword({ username }),
    reset: (confirmationCode, newPassword) =>
      auth.confirmResetPassword({ username, confirmationCode, newPassword }),
    setUpTotp: async () => {
      secret = (await auth.setUpTOTP()).sharedSecret;
      await auth.verifyTOTPSetup({ code: totp(secret) });
      await auth.updateMFAPreference({ totp: "PREFERRED" });
    },
    signInWithTotp: async (password, time) => {
      const { nextStep } = await auth.signIn({ username, password });
      assert.equal(nextStep.signInStep, "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
      await auth.confirmSignIn({ challengeResponse: totp(secret, time) });
      return session();
    },
    signOut: () => auth.signOut({ global: true }),
    remove: () => auth.deleteUser(),
    leave: () => auth.signOut(),
  };
}

const rejected = (promise, name) =>
  assert.rejects(promise, (error) => (error.name === name ? true : assert.fail(`${error}`)));

async function life(username, client) {
  const leave = client.leave ?? (() => {});
  await client.signUp();
  await rejected(client.confirm("000000"), "CodeMismatchException");
  await client.confirm(await code(username, "sign-up"));
  await rejected(client.signIn(second), "NotAuthorizedException");
  const before = await verified(await client.signIn(first), username);
  const after = await verified(await client.refresh(), username);
  assert.notEqual(after.jti, before.jti);
  assert.equal(after.auth_time, before.auth_time);
  await client.change(first, second);
  await leave();
  await rejected(client.signIn(first), "NotAuthorizedException");
  await client.forgot();
  await client.reset(await code(username, "password-reset"), third);
  await rejected(client.signIn(second), "NotAuthorizedException");
  await client.signIn(third);
  await client.setUpTotp();
  await leave();
  await verified(await client.signInWithTotp(third), username);
  await client.signOut();
  await verified(await client.signInWithTotp(third, Date.now() + 30_000), username); // used once
  await client.remove();
  await rejected(client.signIn(third), "NotAuthorizedException");
}

const clients = { "amazon-cognito-identity-js": identityJs, "aws-amplify": amplify };
for (const [index, [name, make]] of Object.entries(clients).entries()) {
  await life(`traveller${index}`, make(`traveller${index}`));
  console.log(`ok ${name}`);
}
console.log(`${Object.keys(clients).length} clients, all as with Cognito`);
