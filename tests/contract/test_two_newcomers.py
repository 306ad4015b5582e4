"""Two who want one name at once, one of whom has an account that waits for its code.

The order is forced, as in `test_two_at_once`: the second one begins and ends before a call of the
first one's acts, or before it is answered. The account that waits may be past its life, so that a
sign-up makes it go, even if its owner enters the code in that very moment. Whoever is let in is so
whole: one row, one account, the password that opens it.
"""

from itertools import product

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from tests.contract.pool_changes import change, rows
from tests.contract.test_meanwhile import account_of
from tests.service import OTHER_PASSWORD, PASSWORD, application

NAME, EMAIL = "newcomer", "newcomer@example.com"
# What may be answered; 503 is for nobody here, since nothing is away.
ANSWERS = {
    "signup": {201, 409},
    "verify": {200, 403},
    "resend_confirmation_code": {200},
    "login": {200, 401, 403},
}
# The calls to Cognito that each act makes; a sign-up the other ones too where it is let in.
CALLS = {
    "signup": ("AdminGetUser",),
    "verify": ("ConfirmSignUp",),
    "resend_confirmation_code": ("ResendConfirmationCode",),
    "login": ("InitiateAuth",),
}
LET_IN = ("AdminDeleteUser", "SignUp")
AGED = "UPDATE users SET created_at = now() - interval '400 days' WHERE username_key = %s"


def act(client: AsgiClient, name: str, code: str) -> tuple[str, int]:
    """Act on the name: the newcomer signs up, the owner of the account does the rest."""
    bodies = {
        "signup": {"username": NAME.title(), "email": EMAIL, "password": OTHER_PASSWORD},
        "verify": {"username": NAME, "confirmation_code": code},
        "resend_confirmation_code": {"username": NAME},
    }
    if name == "login":
        form = {"username": NAME, "password": PASSWORD}
        return name, client.request("POST", "/users/login", data=form).status_code
    return name, client.request("POST", f"/users/{name}", json=bodies[name]).status_code


def opens(client: AsgiClient, password: str) -> bool:
    form = {"username": NAME, "password": password}
    return bool(client.request("POST", "/users/login", data=form).status_code == 200)


def require_whole(env: Environment, client: AsgiClient, done: list[tuple[str, int]]) -> None:
    """Hold the answers and what is left against each other."""
    assert [each for each in done if each[1] not in ANSWERS[each[0]]] == []
    left = rows(env, "SELECT sub, reserved_until FROM users")
    account = account_of(env, NAME)
    subs = [each["Value"] for each in account["UserAttributes"] if each["Name"] == "sub"]
    assert left == [(*subs, None)]
    is_taken = done.count(("signup", 201)) == 1
    assert done.count(("signup", 201)) <= 1
    if account["UserStatus"] != "CONFIRMED":
        verified = act(client, "verify", env.code(account["Username"]))
        assert verified == ("verify", 200), "nobody can enter the code"
    right, wrong = (OTHER_PASSWORD, PASSWORD) if is_taken else (PASSWORD, OTHER_PASSWORD)
    assert (opens(client, wrong), opens(client, right)) == (False, True)


@pytest.mark.parametrize("account", ["waits", "is past its life"])
@pytest.mark.parametrize("point", ["before", "after"])
def test_of_two_who_want_a_name_one_has_it_whole(
    env: Environment, point: str, account: str
) -> None:
    is_past_its_life = account == "is past its life"
    calls = CALLS | {"signup": CALLS["signup"] + LET_IN * is_past_its_life}
    pairs = [each for each in product(CALLS, CALLS) if "signup" in each]
    cases = [(*pair, call) for pair in pairs for call in calls[pair[0]]]
    with (
        AsgiClient(application(env.config)) as first,
        AsgiClient(application(env.config)) as second,
    ):
        for one, two, call in cases:
            env.reset()
            body = {"username": NAME, "email": EMAIL, "password": PASSWORD}
            assert first.request("POST", "/users/signup", json=body).status_code == 201
            code = env.code(NAME)
            if is_past_its_life:
                change(env, AGED, NAME)
            done = list[tuple[str, int]]()
            outages = env.cognito.outages
            plan = outages.beforehand if point == "before" else outages.meanwhile
            with plan(call, lambda: done.append(act(second, two, code))):  # noqa: B023 - called within
                done.append(act(first, one, code))
            try:
                require_whole(env, first, done)
            except AssertionError as error:
                error.add_note(f"{point} {call}: {done}")
                raise
