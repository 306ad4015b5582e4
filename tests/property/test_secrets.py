"""Passwords: they are in no answer, in no log record, in no table."""

import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.strategies import Signup
from apiproof.strategies.reach import premise
from tests.property.api_driver import RESET, ApiDriver
from tests.property.snapshots import snapshots
from tests.property.strategies import NEW_PASSWORDS, USERS, few


@pytest.fixture
def talkative(env: Environment, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpClient]:
    """A client of an application that logs all that it ever logs."""
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    with AsgiClient(env.application()) as client:
        yield client
    monkeypatch.undo()
    env.application()  # sets the level back for the process


class Listener(ApiDriver):
    """A driver that keeps all answers."""

    answers: list[str]

    def call(self, *args: object, **options: object) -> requests.Response:
        response = super().call(*args, **options)  # type: ignore[arg-type]
        self.answers += [response.text, repr(dict(response.headers))]
        return response


def _spellings(password: str) -> set[str]:
    """How a password may be written down."""
    escaped = json.dumps(password)[1:-1]
    kept = json.dumps(password, ensure_ascii=False)[1:-1]
    return {password, escaped, kept, quote(password), quote_plus(password), repr(password)[1:-1]}


def _whole_life(driver: ApiDriver, user: Signup, second: str, third: str) -> None:
    """Use every operation that takes a password, rightly and wrongly."""
    name = user.username
    assert driver.log_in(name, user.password).status_code == 401
    driver.settle(user)
    assert driver.sign_up(user).status_code == 409
    token = driver.session(user)["access_token"]
    assert driver.change_password(token, second, third).status_code in {200, 403}
    assert driver.change_password(token, user.password, second).status_code in {200, 403}
    assert driver.forgot(name).status_code == 200
    assert driver.reset(name, "000000", third).status_code == 403
    assert driver.reset(name, driver.code(name, RESET), third).status_code == 200
    broken = (
        user.body() | {"email": 1},
        {"password": user.password},
        user.body() | {"password": f" {third}"},
    )
    for body in broken:
        assert driver.call("POST", "/users/signup", json=body).status_code == 422
    driver.env.cognito.outages.time_out("SignUp")
    other = Signup("eve", "eve@example.com", second)
    assert driver.sign_up(other).status_code == 503
    with driver.env.database.outage():
        assert driver.sign_up(other).status_code == 503


@few(0.5)
@given(user=USERS, drawn=st.tuples(NEW_PASSWORDS, NEW_PASSWORDS, NEW_PASSWORDS))
def test_a_password_is_in_no_answer_no_log_record_and_no_table(
    env: Environment,
    talkative: HttpClient,
    capsys: pytest.CaptureFixture[str],
    *,
    user: Signup,
    drawn: tuple[str, str, str],
) -> None:
    """Planted: the input of a refused body repeated; bodies logged at debug; a password column."""
    # Numbered, so that they differ from each other and from all that is public.
    first, second, third = (f"{text[:250]}~{n}" for n, text in enumerate(drawn))
    user = Signup(user.username, user.email, first)
    secrets = {first, second, third}
    escaped = any(len(_spellings(text)) > 2 for text in secrets)
    premise("a password is escaped in JSON or addresses", escaped, share=0.5)
    env.reset()
    capsys.readouterr()
    driver = Listener(env, talkative)
    driver.answers = []
    _whole_life(driver, user, second, third)
    logged = "".join(capsys.readouterr())
    left = snapshots(env)
    assert '"event": "request"' in logged
    for spelling in set().union(*map(_spellings, secrets)):
        assert not any(spelling in text for text in driver.answers), "a password was repeated"
        assert spelling not in logged, "a password was logged"
        assert not left.holds(spelling), "a password was stored"
