"""What trouble with the database means to callers: try again, or tell the operators."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.http.server import run_server
from apiproof.network_faults import Answer, FaultNotTriggered, FaultProxy, Reset, postgres_error
from tests.contract.events import PATIENCE
from tests.contract.pool_changes import altered, changing, sessions
from tests.contract.valid_requests import bearer, valid
from tests.service import application


def test_a_commit_that_fails_is_no_success(env: Environment) -> None:
    request = valid(env, "create_random")
    change = """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN RAISE EXCEPTION ''refused''; END';
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON random_items
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()
    """
    with altered(env, change, "DROP FUNCTION refuse CASCADE"):
        assert request.send(env.client).status_code == 500
    assert request.send(env.client).status_code == 201


def on_insert(statement: str, table: str = "random_items") -> str:
    """Let the database do something whenever a row is written."""
    return f"""
        CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN {statement}; RETURN NEW; END $$;
        CREATE TRIGGER meddle BEFORE INSERT ON {table}
        FOR EACH ROW EXECUTE FUNCTION meddle()
    """


BACK = "DROP FUNCTION meddle CASCADE"
KEPT = 4_712  # any number: an advisory lock

# PostgreSQL's error codes (Appendix A): what a later try may not meet, and what it will.
PASSING = {
    "08006": "the connection broke",
    "40001": "serialization failure",
    "40P01": "deadlock",
    "53100": "disk full",
    "53200": "out of memory",
    "53300": "too many connections",
    "55P03": "lock not available",
    "57014": "query cancelled",
    "57P01": "administrator's shutdown",
    "57P03": "cannot connect now",
    "58030": "I/O error",
    "25P03": "idle in transaction for too long",
    "25P04": "transaction took too long",
    "55006": "object in use",
    "25006": "read only transaction",  # a fail-over has made a replica of the server
    "F0000": "bad configuration",
    "XX000": "internal error",
    "XX001": "data corrupted",
}
LASTING = {
    "22012": "division by zero",
    "23502": "null where none may be",
    "23514": "check violation",
    "42501": "insufficient privilege",
    "42P01": "undefined table",
    "55000": "not in the state required",
    "P0001": "raised",
}


@pytest.mark.parametrize(
    ("code", "status"), [*((code, 503) for code in PASSING), *((code, 500) for code in LASTING)]
)
@pytest.mark.parametrize(
    ("name", "table"), [("create_random", "random_items"), ("signup_user", "users")]
)
def test_an_error_that_may_pass_is_503_and_a_lasting_one_is_500(
    env: Environment, name: str, table: str, code: str, status: int
) -> None:
    request = valid(env, name)
    with altered(env, on_insert(f"RAISE EXCEPTION USING ERRCODE = '{code}'", table), BACK):
        response = request.send(env.client)
    assert response.status_code == status
    assert ("Retry-After" in response.headers) is (status == 503)
    assert request.send(env.client).status_code == 201


def test_an_error_of_the_database_costs_no_connection(env: Environment) -> None:
    """Else a load of refused writes is a load of handshakes."""
    request = valid(env, "create_random")
    with AsgiClient(application(env.config)) as client:
        assert request.send(client).status_code == 201
        before = sessions(env)
        with altered(env, on_insert("RAISE EXCEPTION USING ERRCODE = '23514'"), BACK):
            assert [request.send(client).status_code for _ in range(3)] == [500] * 3
        assert request.send(client).status_code == 201
        assert sessions(env) <= before


def test_two_users_where_one_can_be_is_nothing_to_try_again(env: Environment) -> None:
    user = env.new_account()
    change = """
        ALTER TABLE users DROP CONSTRAINT users_sub_key;
        INSERT INTO users (sub, username, username_key, email, email_key, created_at)
        SELECT sub, 'double', 'double', 'double@x', 'double@x', now() FROM users
    """
    back = """
        DELETE FROM users WHERE username = 'double';
        ALTER TABLE users ADD CONSTRAINT users_sub_key UNIQUE (sub)
    """
    with altered(env, change, back):
        assert env.client.request("GET", f"/users/{user.sub}").status_code == 500
    assert env.client.request("GET", f"/users/{user.sub}").status_code == 200


def test_a_server_that_became_a_replica_is_left_by_all_connections(env: Environment) -> None:
    """After a fail-over those that idle lead to the replica as well: each would fail once."""
    request, insert = valid(env, "update_me"), valid(env, "create_random")
    replica = on_insert("RAISE EXCEPTION USING ERRCODE = '25006'")
    others = sessions(env)
    with run_server(application(env.config)) as live, ThreadPoolExecutor(2) as threads:
        with changing(env, "UPDATE users SET full_name = 'Grace'"):
            sent = [threads.submit(request.send, HttpClient(live)) for _ in range(2)]
            until = time.monotonic() + PATIENCE
            while len(sessions(env, "state = 'active'") - others) < len(sent):
                assert time.monotonic() < until, "each request has a connection"
        assert {each.result().status_code for each in sent} == {200}
        of_before = sessions(env) - others
        with altered(env, replica, BACK):
            assert insert.send(HttpClient(live)).status_code == 503
        assert insert.send(HttpClient(live)).status_code == 201
        until = time.monotonic() + PATIENCE
        while left := sessions(env) & of_before:
            assert time.monotonic() < until, f"{len(left)} of {len(of_before)} are used still"


def test_a_statement_that_takes_too_long_is_503(env: Environment) -> None:
    request = valid(env, "create_random")
    app = application(env.config, database_statement_timeout=0.2)
    with altered(env, on_insert("PERFORM pg_sleep(0.7)"), BACK), AsgiClient(app) as client:
        assert request.send(client).status_code == 503


def test_who_gets_no_connection_in_time_is_told_to_try_again(env: Environment) -> None:
    """The only connection is kept until the others have been told; who has it is served."""
    pool = {"database_pool_size": 1, "database_max_overflow": 0}
    waits = dict.fromkeys(("database_lock_timeout", "database_statement_timeout"), 60)
    create, others = valid(env, "create_random"), [valid(env, "login_user") for _ in range(3)]
    app = application(env.config, **pool, **waits, request_deadline=60, database_pool_timeout=0.1)
    hold = on_insert(f"PERFORM pg_advisory_xact_lock({KEPT})")
    with run_server(app) as live, ThreadPoolExecutor(1) as thread, altered(env, hold, BACK):
        with changing(env, f"SELECT pg_advisory_xact_lock({KEPT})") as wait_until_it_is_kept:
            served = thread.submit(create.send, HttpClient(live))
            wait_until_it_is_kept()
            told = {other.send(HttpClient(live)).status_code for other in others}
        assert told == {503}
        assert served.result(PATIENCE).status_code == 201


def test_an_unforeseen_error_tells_callers_nothing_and_operators_where(
    env: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = bearer(env.new_account().access_token)
    change = "ALTER TABLE random_items RENAME TO elsewhere"
    with altered(env, change, "ALTER TABLE elsewhere RENAME TO random_items"):
        response = env.client.request("GET", "/randoms", headers=headers)
    assert response.status_code == 500
    assert response.json() == {"detail": "Internal server error"}
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert line["level"] == "critical"
    *own, last = line["frames"]
    assert all(frame.startswith("api.") for frame in own)
    assert ".list_items:" in own[-1]
    assert not last.startswith("api.")
    assert "random_items" not in json.dumps(line)  # the statement may hold values


@contextmanager
def behind_a_proxy(env: Environment) -> Iterator[tuple[FaultProxy, AsgiClient]]:
    """An application with one connection to the database, and the proxy that it goes through."""
    pool = {"database_pool_size": 1, "database_max_overflow": 0, "database_pool_timeout": 0.2}
    with FaultProxy(env.config.database_url) as proxy:
        where = replace(env.config, database_url=proxy.url)
        with AsgiClient(application(where, **pool)) as client:
            yield proxy, client


def test_a_server_that_says_in_another_encoding_why_it_lets_nobody_in_is_away(
    env: Environment,
) -> None:
    """Before a session begins nobody has said which encoding its words are in."""
    request = valid(env, "list_randoms")
    starts_up = postgres_error("57P03").replace(b"injected", "fährt an".encode("latin-1"))
    with behind_a_proxy(env) as (proxy, client):
        with proxy.fault(Answer(starts_up), when=b"application_name"):
            assert request.send(client).status_code == 503
        assert request.send(client).status_code == 200


@pytest.mark.parametrize("name", ["login_user", "signup_user"])
def test_an_outage_costs_no_connection_of_those_that_a_kind_of_work_has(
    env: Environment, name: str
) -> None:
    request = valid(env, name)
    one_each = {"database_threads": 1, "database_pool_size": 2, "database_max_overflow": 0}
    with AsgiClient(application(env.config, **one_each, database_pool_timeout=0.2)) as client:
        with env.database.outage():
            assert request.send(client).status_code == 503
        assert request.send(client).status_code < 300


# Messages that a PostgreSQL server may send, but not as an answer to that.
ODD_ANSWERS = {
    "to an UPDATE": b"C\0\0\0\rUPDATE 0\0Z\0\0\0\5T",
    "that a pooler invented": postgres_error("?????"),
    "that all is well": postgres_error("00000"),
}


@pytest.mark.parametrize("answer", ODD_ANSWERS)
@pytest.mark.parametrize("name", ["list_randoms", "login_user"])
def test_an_answer_to_another_question_is_none(env: Environment, name: str, answer: str) -> None:
    request = valid(env, name)
    with behind_a_proxy(env) as (proxy, client):
        assert request.send(client).status_code == 200
        for _ in range(2):
            with proxy.fault(Answer(ODD_ANSWERS[answer], hangs_up=False), when=b"FROM users"):
                assert request.send(client).status_code == 503
            assert request.send(client).status_code == 200


def test_a_rollback_that_fails_costs_no_connection(env: Environment) -> None:
    request = valid(env, "list_randoms")
    with behind_a_proxy(env) as (proxy, client):
        assert request.send(client).status_code == 200
        for _ in range(3):
            refused = Answer(postgres_error("40P01"), hangs_up=False)
            with proxy.fault(refused, when=b"FROM users"):
                assert request.send(client).status_code == 503
            assert request.send(client).status_code == 200


@pytest.mark.parametrize("statement", [b"transaction_read_only", b"FROM random_items"])
@pytest.mark.parametrize("code", ["0A000", "22P05", "3D000", "42501", "42P01", "54001", "P0001"])
def test_whatever_a_look_at_the_database_meets_it_is_not_ready(
    env: Environment, code: str, statement: bytes
) -> None:
    """To other requests these are faults that somebody has to look at; to a load balancer, too."""
    with behind_a_proxy(env) as (proxy, client):
        assert client.request("GET", "/ready").status_code == 200
        for method in ("GET", "HEAD"):
            with proxy.fault(Answer(postgres_error(code), hangs_up=False), when=statement):
                answer = client.request(method, "/ready")
            assert answer.status_code == 503
            assert "Retry-After" in answer.headers
        assert client.request("GET", "/ready").status_code == 200


def test_a_connection_that_has_just_worked_is_not_tried_again(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try is a way to the database and back; after a second it is worth it."""
    request, trying, begun = valid(env, "read_me"), b"SELECT 1\0", time.monotonic()
    unset, ahead = time.monotonic, 0.0
    # However busy the machine is, next to no time passes.
    monkeypatch.setattr(time, "monotonic", lambda: begun + ahead + (unset() - begun) / 1000)
    with FaultProxy(env.config.database_url) as proxy:
        where = replace(env.config, database_url=proxy.url)
        with AsgiClient(application(where)) as client:
            assert request.send(client).status_code == 200
            with pytest.raises(FaultNotTriggered), proxy.fault(Reset(), when=trying):
                assert request.send(client).status_code == 200
            ahead = 1.1
            with proxy.fault(Reset(), when=trying):
                assert request.send(client).status_code == 200
