"""What `randomizer-cli` expects of accounts and sessions."""

import pytest
from pact import Pact, match
from pact.interaction import HttpInteraction

from tests.contract.consumers.cli.client import (
    AccountTaken,
    AccountUnverified,
    CodeRefused,
    InputRefused,
    LoginNeeded,
    Randomizer,
    TryLater,
)
from tests.contract.consumers.cli.expectations import (
    PASSWORD,
    SESSION,
    TOKEN,
    UUID,
    Case,
    filled,
    later,
    problem,
    refused,
    signed_in,
)

SIGN_UP = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
LOGIN = f"grant_type=password&username=ada&password={PASSWORD}"
FORM = "application/x-www-form-urlencoded"


def sign_up(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a sign-up").given("no user exists")
    asked.with_request("POST", "/users/signup").with_body(SIGN_UP, "application/json")
    answer = {"message": "User created successfully", "sub": match.regex(_sub(), regex=UUID)}
    return asked.will_respond_with(201).with_body(answer, "application/json")


def use_sign_up(client: Randomizer) -> None:
    assert client.sign_up(**SIGN_UP) == _sub()


def sign_up_taken(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a sign-up with a username that is taken")
    asked.given("a verified user exists", username="ada")
    asked.with_request("POST", "/users/signup").with_body(SIGN_UP, "application/json")
    return refused(asked, 409, "Account with email exists")


def use_sign_up_taken(client: Randomizer) -> None:
    with pytest.raises(AccountTaken):
        client.sign_up(**SIGN_UP)


def sign_up_weak(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a sign-up with a weak password").given("no user exists")
    body = {**SIGN_UP, "password": "short"}
    asked.with_request("POST", "/users/signup").with_body(body, "application/json")
    return refused(asked, 422, problem("password"))


def use_sign_up_weak(client: Randomizer) -> None:
    with pytest.raises(InputRefused) as refusal:
        client.sign_up("ada", "ada@example.com", "short")
    assert refusal.value.fields == ["password"]


def sign_up_throttled(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a sign-up while Cognito throttles requests")
    asked.given("Cognito throttles requests")
    asked.with_request("POST", "/users/signup").with_body(SIGN_UP, "application/json")
    return later(asked, 429)


def use_sign_up_throttled(client: Randomizer) -> None:
    with pytest.raises(TryLater) as refusal:
        client.sign_up(**SIGN_UP)
    assert refusal.value.seconds == 2


def verify(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a confirmation code")
    asked.given("an unconfirmed user exists", username="ada")
    body = {"username": "ada", "confirmation_code": "123456"}
    asked.with_request("POST", "/users/verify").with_body(body, "application/json")
    filled(asked, body={"$.confirmation_code": "${confirmation_code}"})
    answer = {"message": "User verified successfully"}
    return asked.will_respond_with(200).with_body(answer, "application/json")


def use_verify(client: Randomizer) -> None:
    client.verify("ada", "123456")


def verify_wrong(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a wrong confirmation code").given("no user exists")
    body = {"username": "nobody", "confirmation_code": "000000"}
    asked.with_request("POST", "/users/verify").with_body(body, "application/json")
    return refused(asked, 403, "Invalid or expired code")


def use_verify_wrong(client: Randomizer) -> None:
    with pytest.raises(CodeRefused):
        client.verify("nobody", "000000")


def resend(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a request for another confirmation code")
    asked.given("an unconfirmed user exists", username="ada")
    body = {"username": "ada"}
    asked.with_request("POST", "/users/resend_confirmation_code")
    asked.with_body(body, "application/json")
    answer = {"message": "Confirmation code sent"}
    return asked.will_respond_with(200).with_body(answer, "application/json")


def use_resend(client: Randomizer) -> None:
    client.resend_code("ada")


def resend_verified(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a request for a code although the account is verified")
    asked.given("a verified user exists", username="ada")
    asked.with_request("POST", "/users/resend_confirmation_code")
    asked.with_body({"username": "ada"}, "application/json")
    answer = {"message": "Confirmation code sent"}
    return asked.will_respond_with(200).with_body(answer, "application/json")


def use_resend_verified(client: Randomizer) -> None:
    client.resend_code("ada")


def log_in(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a login")
    asked.given("a verified user exists", username="ada", password=PASSWORD)
    asked.with_request("POST", "/users/login").with_body(LOGIN, FORM)
    return asked.will_respond_with(200).with_body(SESSION, "application/json")


def use_log_in(client: Randomizer) -> None:
    assert client.log_in("ada", PASSWORD).expires_in == 3600


def log_in_unknown(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a login of nobody known").given("no user exists")
    asked.with_request("POST", "/users/login").with_body(LOGIN, FORM)
    return refused(asked, 401, "Incorrect username or password")


def use_log_in_unknown(client: Randomizer) -> None:
    with pytest.raises(LoginNeeded):
        client.log_in("ada", PASSWORD)


def log_in_unconfirmed(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a login before the account is verified")
    asked.given("an unconfirmed user exists", username="ada", password=PASSWORD)
    asked.with_request("POST", "/users/login").with_body(LOGIN, FORM)
    return refused(asked, 403, "Verify your account")


def use_log_in_unconfirmed(client: Randomizer) -> None:
    with pytest.raises(AccountUnverified):
        client.log_in("ada", PASSWORD)


def refresh(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a session to continue")
    asked.given("a verified user exists", username="ada")
    body = {"username": "ada", "refresh_token": "r.s.t"}
    asked.with_request("POST", "/users/refresh").with_body(body, "application/json")
    filled(asked, body={"$.refresh_token": "${refresh_token}"})
    return asked.will_respond_with(200).with_body(SESSION, "application/json")


def use_refresh(client: Randomizer) -> None:
    assert client.refresh("ada", "r.s.t").expires_in == 3600


def refresh_over(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a session to continue that is over")
    asked.given("a verified user exists", username="ada")
    body = {"username": "ada", "refresh_token": "o.v.er"}
    asked.with_request("POST", "/users/refresh").with_body(body, "application/json")
    return refused(asked, 401, "Session is over, log in again")


def use_refresh_over(client: Randomizer) -> None:
    with pytest.raises(LoginNeeded):
        client.refresh("ada", "o.v.er")


def log_out(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a logout").given("a verified user exists", username="ada")
    signed_in(asked.with_request("POST", "/users/logout"))
    answer = {"message": "User logged out successfully"}
    return asked.will_respond_with(200).with_body(answer, "application/json")


def use_log_out(client: Randomizer) -> None:
    client.log_out()


def whoami(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a question who is logged in")
    asked.given("a verified user exists", username="ada")
    signed_in(asked.with_request("GET", "/users/me"))
    return asked.will_respond_with(200).with_body({"username": "ada"}, "application/json")


def use_whoami(client: Randomizer) -> None:
    assert client.whoami() == "ada"


def _sub() -> str:
    return "6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c55"


CASES = (
    Case(sign_up, use_sign_up),
    Case(sign_up_taken, use_sign_up_taken),
    Case(sign_up_weak, use_sign_up_weak),
    Case(sign_up_throttled, use_sign_up_throttled),
    Case(verify, use_verify),
    Case(verify_wrong, use_verify_wrong),
    Case(resend, use_resend),
    Case(resend_verified, use_resend_verified),
    Case(log_in, use_log_in),
    Case(log_in_unknown, use_log_in_unknown),
    Case(log_in_unconfirmed, use_log_in_unconfirmed),
    Case(refresh, use_refresh),
    Case(refresh_over, use_refresh_over),
    Case(log_out, use_log_out, TOKEN),
    Case(whoami, use_whoami, TOKEN),
)
