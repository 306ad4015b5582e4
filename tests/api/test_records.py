"""The log and the last resort: what they say, and what they never say."""

import json
import subprocess
import sys
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
from tests.contract.pool_changes import altered
from tests.service import PASSWORD, application, settings_for


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


def test_trouble_with_the_database_is_logged_by_its_code_without_its_words(
    env: Environment, records: list[Any]
) -> None:
    user = env.new_account()
    change = """
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN RAISE EXCEPTION ''hidden-text'' USING ERRCODE = ''53100''; END';
        CREATE TRIGGER fail BEFORE INSERT ON random_items
        FOR EACH ROW EXECUTE FUNCTION fail()
    """
    with altered(env, change, "DROP FUNCTION fail CASCADE"):
        bearer = {"Authorization": f"Bearer {user.access_token}"}
        body = {"min_value": 1, "max_value": 6}
        assert env.client.request("POST", "/randoms", json=body, headers=bearer).status_code == 503
    (said,) = [record for record in records if record["event"] == "database_unavailable"]
    assert said["sqlstate"] == "53100"
    assert "hidden-text" not in json.dumps(records, default=str)


def test_libraries_write_the_same_json_without_what_a_request_held() -> None:
    """In a process of its own: logging is set up once for all of it."""
    code = """
import logging
from api.logging import adopt_library_logs, configure_logs
configure_logs("INFO")
adopt_library_logs("INFO")
logging.getLogger("uvicorn.error").info("Application startup complete.")
logging.getLogger("uvicorn.access").info("GET /users/a-sub")
logging.getLogger("sqlalchemy.engine").info("SELECT 1")
try:
    raise ValueError("a-secret")
except ValueError:
    logging.getLogger("sqlalchemy.pool").exception("Exception closing connection")
logging.getLogger("asyncio").error("Task failed\\nfuture: <Task exception=ValueError('a-secret')>")
"""
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in lines] == [
        "Application startup complete.",
        "Exception closing connection",
        "Task failed",
    ]
    assert [line["logger"] for line in lines] == ["uvicorn.error", "sqlalchemy.pool", "asyncio"]
    assert all({"level", "timestamp"} <= line.keys() for line in lines)
    assert lines[1]["error"] == "ValueError"
    assert "a-secret" not in done.stdout + done.stderr


def test_only_pages_of_the_named_origins_may_read_answers(env: Environment) -> None:
    asked = {
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization",
    }
    app = application(env.config, cors_origins=("https://app.example.com",))
    with AsgiClient(app) as client:
        for origin, allowed in (("https://app.example.com", True), ("https://evil.example", False)):
            headers = {"Origin": origin}
            answers = [
                client.request("GET", "/health", headers=headers),
                client.request("OPTIONS", "/users/me", headers=headers | asked),
            ]
            found = [answer.headers.get("Access-Control-Allow-Origin") for answer in answers]
            assert found == ([origin] * 2 if allowed else [None] * 2)
            assert "X-Request-ID" in answers[0].headers
