"""The whole life of an account under each option of the user pool, not under the default alone."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.jwt import decode_unverified
from apiproof.service import SeedUser, Service
from tests.contract.pool_changes import change
from tests.contract.valid_requests import bearer
from tests.service import OTHER_PASSWORD, PASSWORD, SERVICE, disable, enable

MINUTES = {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "minutes"}
POOLS: dict[str, dict[str, Any]] = {
    "as the console proposes": {},
    "names with their case": {"UsernameConfiguration": {"CaseSensitive": True}},
    "e-mail as an alias": {"AliasAttributes": ["email"]},
    "e-mail as username": {"UsernameAttributes": ["email"]},
}
CLIENTS: dict[str, dict[str, Any]] = {
    "rotated refresh tokens": {
        # AWS allows no REFRESH_TOKEN_AUTH beside it.
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    },
    "short lives": {
        "AccessTokenValidity": 5,
        "IdTokenValidity": 5,
        "RefreshTokenValidity": 60,
        "TokenValidityUnits": MINUTES,
    },
    "long lives": {
        "AccessTokenValidity": 1440,
        "IdTokenValidity": 1440,
        "RefreshTokenValidity": 5256000,
        "TokenValidityUnits": MINUTES,
    },
    "no revocation": {"EnableTokenRevocation": False},
    "unknown users are told": {"PreventUserExistenceErrors": "LEGACY"},
}
VARIANTS: dict[str, Service] = {
    **{name: dataclasses.replace(SERVICE, pool=pool) for name, pool in POOLS.items()},
    **{name: dataclasses.replace(SERVICE, pool_client=client) for name, client in CLIENTS.items()},
    "no revocation, rotated": dataclasses.replace(
        SERVICE,
        pool_client={**CLIENTS["no revocation"], **CLIENTS["rotated refresh tokens"]},
    ),
}


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> Iterator[Environment]:
    with Environment.open(VARIANTS[request.param]) as env:
        yield env


@pytest.fixture
def pool(variant: Environment) -> Environment:
    variant.reset()
    return variant


class Person:
    """A user of the API, in a pool of some kind."""

    def __init__(self, env: Environment, name: str = "Ada") -> None:
        self.env = env
        email = f"{name.lower()}@example.com"
        is_named_by_email = "UsernameAttributes" in env.service.pool
        self.seed = SeedUser(email if is_named_by_email else name, email, PASSWORD)
        self.tokens: dict[str, Any] = {}

    def ask(self, method: str, path: str, status: int, **options: Any) -> Any:
        if "token" in options:
            options["headers"] = bearer(options.pop("token"))
        answer = self.env.client.request(method, path, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def sign_up(self) -> None:
        user = {"username": self.seed.username, "email": self.seed.email, "password": PASSWORD}
        self.ask("POST", "/users/signup", 201, json=user)
        body = {"username": self.seed.username, "confirmation_code": self.code()}
        self.ask("POST", "/users/verify", 200, json=body)

    def code(self) -> str:
        return self.env.code(self.seed.username)

    def log_in(self, password: str = PASSWORD, name: str | None = None, status: int = 200) -> Any:
        form = {"username": name or self.seed.username, "password": password}
        return self.ask("POST", "/users/login", status, data=form)

    def refresh(self, token: str, status: int = 200, name: str | None = None) -> Any:
        body = {"username": name or self.seed.username, "refresh_token": token}
        return self.ask("POST", "/users/refresh", status, json=body)

    def reset(self, password: str, by: str | None = None, status: int = 200) -> None:
        name = {"username": by or self.seed.username}
        self.ask("POST", "/users/forgot_password", 200, json=name)
        proof = {**name, "confirmation_code": self.code(), "new_password": password}
        self.ask("POST", "/users/reset_password", status, json=proof)

    def log_in_anew(self, *ended: dict[str, Any], password: str = PASSWORD) -> None:
        """Come back after sessions have ended: nothing that comes after opens any of them again."""
        session = self.log_in(password)
        assert self.opens(session)
        assert self.opens(self.refresh(session["refresh_token"]))
        assert self.opens(self.log_in(password))
        for each in ended:
            assert not self.opens(each)
            self.refresh(each["refresh_token"], 401)

    def opens(self, tokens: dict[str, Any]) -> bool:
        headers = bearer(tokens["access_token"])
        status = self.env.client.request("GET", "/users/me", headers=headers).status_code
        assert status in {200, 401}
        return bool(status == 200)


@pytest.fixture
def ada(pool: Environment) -> Person:
    person = Person(pool)
    person.sign_up()
    return person


def test_a_session_is_continued_and_ended(ada: Person) -> None:
    session = ada.log_in()
    for _ in range(3):
        following = ada.refresh(session["refresh_token"])
        assert ada.opens(following)
        assert ada.opens(session)
        session = following
    other = ada.log_in()
    ada.ask("POST", "/users/logout", 200, token=session["access_token"])
    for ended in (session, other):
        assert not ada.opens(ended)
        ada.refresh(ended["refresh_token"], 401)
    ada.log_in_anew(session, other)


def test_a_refresh_that_a_sign_out_overtakes_opens_nothing(ada: Person) -> None:
    """Where revocation is off, no claim ties the new token to its session.

    Nor does it show that it is not of the one that was opened since.
    """
    session = ada.log_in()

    def leave() -> None:
        with AsgiClient(ada.env.application()) as client:
            headers = bearer(session["access_token"])
            assert client.request("POST", "/users/logout", headers=headers).status_code == 200
            form = {"username": ada.seed.username, "password": PASSWORD}
            assert client.request("POST", "/users/login", data=form).status_code == 200

    with ada.env.cognito.outages.meanwhile("GetTokensFromRefreshToken", leave):
        ada.refresh(session["refresh_token"], 401)


def test_a_half_done_sign_up_is_completed_under_its_name(ada: Person) -> None:
    """The account is at Cognito, and its row was never written."""
    change(ada.env, "DELETE FROM users")
    session = ada.log_in()
    assert ada.opens(ada.refresh(session["refresh_token"]))
    profile = ada.ask("GET", "/users/me", 200, token=session["access_token"])
    assert (profile["username"], profile["email"]) == (ada.seed.username, ada.seed.email)


def test_an_unconfirmed_account_without_a_row_makes_way(pool: Environment) -> None:
    person = Person(pool)
    user = person.seed
    body = {"username": user.username, "email": user.email, "password": user.password}
    person.ask("POST", "/users/signup", 201, json=body)
    change(pool, "DELETE FROM users")
    person.sign_up()
    assert person.opens(person.log_in())


def test_a_refresh_token_serves_its_owner_only(pool: Environment, ada: Person) -> None:
    eve = Person(pool, "Eve")
    eve.sign_up()
    eve.refresh(ada.log_in()["refresh_token"], 401)
    assert ada.opens(ada.refresh(ada.log_in()["refresh_token"]))


def test_what_a_login_says_of_its_life_is_so(ada: Person) -> None:
    session = ada.log_in()
    claims = decode_unverified(session["access_token"])
    assert claims is not None
    lifetime = claims.claims["exp"] - claims.claims["iat"]
    assert session["expires_in"] == lifetime
    for age, opens in ((lifetime - 60, True), (lifetime + 60, False)):
        ada.env.cognito.clock.advance(timedelta(seconds=-age))
        tokens = ada.env.cognito.issue_tokens(ada.seed.username)
        ada.env.cognito.clock.reset()
        assert ada.opens({"access_token": tokens.access_token}) is opens


def test_a_reset_ends_all_sessions_and_the_new_password_opens(ada: Person) -> None:
    session = ada.log_in()
    ada.reset(OTHER_PASSWORD)
    assert not ada.opens(session)
    ada.refresh(session["refresh_token"], 401)
    ada.log_in(status=401)
    ada.log_in_anew(session, password=OTHER_PASSWORD)
    other = ada.log_in(OTHER_PASSWORD)
    with ada.env.cognito.outages.fail("AdminUserGlobalSignOut", "InternalErrorException"):
        ada.reset(PASSWORD)
    assert not ada.opens(other)
    ada.refresh(other["refresh_token"], 401)


@pytest.mark.parametrize("variant", ["e-mail as an alias"], indirect=True)
@pytest.mark.parametrize("is_answered", [True, False])
def test_who_is_named_by_an_alias_is_served_as_by_the_name(
    ada: Person, *, is_answered: bool
) -> None:
    """Whoever resets a lost password is often asked for the address."""
    alias = ada.seed.email.upper()
    sessions = [ada.log_in(), ada.log_in(name=alias)]
    sessions.append(ada.refresh(sessions[1]["refresh_token"], name=alias))
    assert [ada.opens(session) for session in sessions] == [True] * 3
    other = Person(ada.env, "Eve")
    other.sign_up()
    others = other.log_in()
    if is_answered:
        ada.reset(OTHER_PASSWORD, by=alias)
    else:
        with ada.env.cognito.outages.lose_answer("ConfirmForgotPassword"):
            ada.reset(OTHER_PASSWORD, by=alias, status=503)
    assert [ada.opens(session) for session in sessions] == [False] * 3
    for session in sessions:
        ada.refresh(session["refresh_token"], 401)
    ada.log_in_anew(*sessions, password=OTHER_PASSWORD)
    assert other.opens(others)


@pytest.mark.parametrize("variant", ["e-mail as an alias"], indirect=True)
def test_a_sign_up_under_way_hides_nobody_who_is_named_by_an_alias(ada: Person) -> None:
    """Whoever holds a session that a reset is to end could keep it by asking for that name."""
    session = ada.log_in()
    name = {"username": ada.seed.email}
    ada.ask("POST", "/users/forgot_password", 200, json=name)
    proof = {**name, "confirmation_code": ada.code(), "new_password": OTHER_PASSWORD}
    met: list[int] = []

    def reset() -> None:
        with AsgiClient(ada.env.application()) as client:
            body = {**name, "refresh_token": session["refresh_token"]}
            met.append(client.request("POST", "/users/refresh", json=body).status_code)
            met.append(client.request("POST", "/users/reset_password", json=proof).status_code)

    other = {**name, "email": "eve@example.com", "password": PASSWORD}
    with ada.env.cognito.outages.meanwhile("SignUp", reset):
        assert ada.env.client.request("POST", "/users/signup", json=other).status_code != 201
    assert met == [200, 200]
    ada.log_in_anew(session, password=OTHER_PASSWORD)


@pytest.mark.parametrize("variant", ["as the console proposes"], indirect=True)
@pytest.mark.parametrize("is_answered", [True, False])
@pytest.mark.parametrize("is_named_first", [True, False])
def test_a_name_that_is_somebodys_address_means_who_has_the_name(
    pool: Environment, *, is_named_first: bool, is_answered: bool
) -> None:
    """Where addresses are no aliases, a name may have the form of one, and be another's."""
    ada, eve = Person(pool, "Ada"), Person(pool, "Eve")
    eve.seed = dataclasses.replace(eve.seed, username=ada.seed.email)
    for each in (eve, ada) if is_named_first else (ada, eve):
        each.sign_up()
    adas, eves = ada.log_in(), eve.log_in()
    ada.refresh(adas["refresh_token"], 401, name=eve.seed.username)
    assert eve.opens(eve.refresh(eves["refresh_token"]))
    if is_answered:
        eve.reset(OTHER_PASSWORD)
    else:
        with pool.cognito.outages.lose_answer("ConfirmForgotPassword"):
            eve.reset(OTHER_PASSWORD, status=503)
    eve.log_in_anew(eves, password=OTHER_PASSWORD)
    assert ada.opens(adas)
    assert ada.opens(ada.refresh(adas["refresh_token"]))


def test_a_session_that_a_reset_without_an_outcome_may_have_ended_goes_on_nowhere(
    ada: Person,
) -> None:
    """The process that asked for it was killed some minutes ago, and Cognito ended no session."""
    ada.env.cognito.clock.advance(timedelta(minutes=-3))
    session = ada.log_in()
    ada.env.cognito.clock.reset()
    begun = "reset_begun_at = extract(epoch FROM now())::bigint - 100"
    change(ada.env, "UPDATE users SET resets_open = 1, " + begun)  # noqa: S608 - ours
    assert not ada.opens(session)
    ada.refresh(session["refresh_token"], 401)
    assert ada.opens(ada.log_in())


def test_a_session_that_a_reset_has_ended_is_not_continued_however_much_later(
    ada: Person,
) -> None:
    """Cognito could not be told, and what it issues by then is newer than the end of sessions."""
    ada.env.cognito.clock.advance(timedelta(minutes=-3))
    session = ada.log_in()
    ada.env.cognito.clock.reset()
    with ada.env.cognito.outages.fail("AdminUserGlobalSignOut", "InternalErrorException"):
        ada.reset(OTHER_PASSWORD)
    change(ada.env, "UPDATE users SET signed_out_at = signed_out_at - 100")  # that long ago
    assert not ada.opens(session)
    ada.refresh(session["refresh_token"], 401)
    assert ada.opens(ada.log_in(OTHER_PASSWORD))


def test_a_change_of_the_password_is_in_force(ada: Person) -> None:
    session = ada.log_in()
    change = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    ada.ask("POST", "/users/change_password", 200, json=change, token=session["access_token"])
    ada.log_in(status=401)
    assert ada.opens(ada.log_in(OTHER_PASSWORD))


def test_a_deleted_account_leaves_nothing_and_its_name_is_free(ada: Person) -> None:
    session = ada.log_in()
    ada.ask("DELETE", "/users/me", 204, token=session["access_token"])
    assert not ada.opens(session)
    ada.refresh(session["refresh_token"], 401)
    ada.log_in(status=401)
    ada.sign_up()
    ada.log_in_anew(session)


def test_an_operator_shuts_and_opens_an_account_by_any_spelling(ada: Person) -> None:
    session = ada.log_in()
    disable(ada.env.config, ada.seed.username.swapcase())
    assert not ada.opens(session)
    ada.refresh(session["refresh_token"], 401)
    ada.log_in(status=401)
    enable(ada.env.config, ada.seed.username.upper())
    assert not ada.opens(session)
    ada.refresh(session["refresh_token"], 401)
    ada.log_in_anew(session)


def test_a_name_in_another_case_is_taken_and_never_someone_elses_account(ada: Person) -> None:
    """Whatever the pool says of case: the API's usernames are one's own whatever their case."""
    name = ada.seed.username.swapcase()
    other = {"username": name, "email": "other@example.com", "password": OTHER_PASSWORD}
    ada.ask("POST", "/users/signup", 409, json=other)
    answer = ada.env.client.request(
        "POST", "/users/login", data={"username": name, "password": PASSWORD}
    )
    assert answer.status_code in {200, 401}
    if answer.status_code == 200:
        assert ada.opens(answer.json())
    session = ada.log_in()
    profile = ada.ask("GET", "/users/me", 200, token=session["access_token"])
    assert profile["username"] == ada.seed.username


def test_an_address_is_no_second_account(ada: Person) -> None:
    second = {"username": "Eve", "email": ada.seed.email, "password": OTHER_PASSWORD}
    ada.ask("POST", "/users/signup", 409, json=second)
    assert ada.opens(ada.log_in())


def test_random_numbers_belong_to_one_user(ada: Person) -> None:
    eve = Person(ada.env, "Eve")
    eve.sign_up()
    mine, others = ada.log_in(), eve.log_in()
    body = {"min_value": 1, "max_value": 6}
    item = ada.ask("POST", "/randoms", 201, json=body, token=mine["access_token"])
    eve.ask("GET", f"/randoms/{item['id']}", 404, token=others["access_token"])
    assert eve.ask("GET", "/randoms", 200, token=others["access_token"]) == []
