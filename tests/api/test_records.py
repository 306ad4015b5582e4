"""The log and the last resort: what they say, and what they never say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from api.app import create_app
from api.logging import configure_logs
from api.randoms import service
from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from tests.service import PASSWORD, settings_for


@pytest.fixture
def records(env: Environment) -> Iterator[list[Any]]:  # noqa: ARG001 - it sets up logs of its own first
    """All that is logged during the test, in full detail."""
    before = structlog.get_config()
    configure_logs("INFO")
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as records:
        yield records
    structlog.configure(**before)


def test_no_secret_and_no_sub_is_logged(env: Environment, records: list[Any]) -> None:
    user = env.new_account()
    bearer = {"Authorization": f"Bearer {user.access_token}"}
    form = {"username": user.username, "password": PASSWORD}
    tokens = env.client.request("POST", "/users/login", data=form).json()
    env.client.request("POST", "/users/login", data=form | {"password": "Wrong-1-Password"})
    env.client.request("GET", f"/users/{user.sub}")
    with env.cognito.outages.fail("GlobalSignOut", "InternalErrorException"):
        env.client.request("POST", "/users/logout", headers=bearer)
    code = env.code(user.username)
    said = json.dumps(records, default=str)
    assert {record["event"] for record in records} >= {"request", "cognito_refused"}
    hidden = [PASSWORD, "Wrong-1", user.access_token, user.sub, user.email, user.username]
    hidden += [tokens["access_token"], tokens["id_token"], tokens["refresh_token"], f'"{code}"']
    assert [secret for secret in hidden if secret in said] == []


def log_of_health(env: Environment, records: list[Any], sent: str) -> tuple[str, Any]:
    answer = env.client.request("GET", "/health", headers={"X-Request-ID": sent})
    (record,) = records
    return answer.headers["X-Request-ID"], record


def test_a_well_formed_request_id_is_kept(env: Environment, records: list[Any]) -> None:
    returned, record = log_of_health(env, records, "trace-1.a_b")
    assert returned == record["request_id"] == "trace-1.a_b"
    assert record["operation"] == "check_health"


@pytest.mark.parametrize("sent", ["a b", "x" * 65, "{}"])
def test_any_other_request_id_is_replaced(env: Environment, records: list[Any], sent: str) -> None:
    returned, record = log_of_health(env, records, sent)
    assert returned == record["request_id"] != sent


def test_an_unforeseen_failure_is_500_without_a_word_of_it(
    env: Environment, records: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("hidden-text")

    user = env.new_account()
    monkeypatch.setattr(service, "list_items", fail)
    bearer = {"Authorization": f"Bearer {user.access_token}"}
    # An application of its own: the environment's coverage log would count an answer that nobody
    # declared.
    with AsgiClient(create_app(settings_for(env.config))) as client:
        answer = client.request("GET", "/randoms", headers=bearer)
    assert answer.status_code == 500
    assert answer.json() == {"detail": "Internal server error"}
    failed = next(record for record in records if record["event"] == "request_failed")
    assert failed["request_id"] == answer.headers["X-Request-ID"]
    assert failed["error"] == "RuntimeError"
    assert failed["frames"][-1].startswith(f"{__name__}.fail:")
    assert "hidden-text" not in answer.text + json.dumps(records, default=str)
