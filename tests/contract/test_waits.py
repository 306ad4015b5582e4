"""Each wait ends when its own setting says, measured by what waits; the others are far longer."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.http.server import run_server
from apiproof.network_faults import Drip, FaultProxy
from tests.contract.events import until
from tests.contract.keyserver import is_fetching
from tests.contract.pool_changes import changing
from tests.contract.test_locked_rows import LOCKED, signing_up
from tests.contract.test_queues import held
from tests.contract.valid_requests import Valid, valid
from tests.service import application

LONGEST: dict[str, float] = {
    "cognito_connect_timeout": 60,
    "cognito_read_timeout": 60,
    "database_connect_timeout": 30,
    "database_lock_timeout": 60,
    "database_pool_timeout": 60,
    "database_statement_timeout": 60,
    "request_deadline": 60,
}
SHORT = 0.3  # seconds
AT_MOST = 15.0  # seconds, on a busy machine
MARGIN = 1.0  # seconds that the quickest of some attempts may take longer
ATTEMPTS = 5


def quickest(wait: Callable[[], Any]) -> float:
    """Wait until it takes no longer than it should, at most some times; seconds of the quickest."""
    found = float("inf")
    for _ in range(ATTEMPTS):
        begun = time.monotonic()
        status = wait().status_code
        if status == 408:
            continue  # on a busy machine the request's time may be over before its body is read
        assert status == 503
        found = min(found, time.monotonic() - begun)
        if found < SHORT + MARGIN:
            break
    return found


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes connections and says nothing; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def unreachable() -> Iterator[str]:
    """A server whose queue of connections is full, so that a connect hangs; its address."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        clients = [socket.socket() for _ in range(4)]
        for client in clients:
            client.settimeout(0)
            client.connect_ex(server.getsockname())
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            for client in clients:
                client.close()


def login(env: Environment) -> Valid:
    return valid(env, "login_user")


def read(env: Environment) -> Valid:
    return valid(env, "read_me")


def cognito(address: str) -> dict[str, Any]:
    return {"aws_cognito_endpoint": f"http://{address}"}


def keys(address: str) -> dict[str, Any]:
    return {"aws_cognito_jwks_url": f"http://{address}/jwks.json"}


Peer = Callable[[], Any]
Place = Callable[[str], dict[str, Any]]
Ask = Callable[[Environment], Valid]
WAITS: dict[str, tuple[str, Peer, Place, Ask]] = {
    "Cognito is silent": ("cognito_read_timeout", silent, cognito, login),
    "Cognito is unreachable": ("cognito_connect_timeout", unreachable, cognito, login),
    "the keys are silent": ("cognito_read_timeout", silent, keys, read),
    "Cognito is silent, the request ends": ("request_deadline", silent, cognito, login),
    "the keys are silent, the request ends": ("request_deadline", silent, keys, read),
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_a_peer_is_waited_for_as_long_as_the_setting_says(
    env: Environment, wait: tuple[str, Peer, Place, Ask]
) -> None:
    setting, peer, place, prepare = wait
    with ThreadPoolExecutor(1) as thread, peer() as address:
        settings = {**LONGEST, **place(address), setting: SHORT}
        with run_server(application(env.config, **settings)) as live:
            request = prepare(env)
            waited = quickest(lambda: thread.submit(request.send, HttpClient(live)).result(AT_MOST))
    assert SHORT <= waited < SHORT + MARGIN


def test_keys_that_come_in_drips_are_waited_for_as_long_as_both_time_outs_say(
    env: Environment, key_url: str
) -> None:
    """Each byte comes in time, and all of them much later."""
    request, both = read(env), 0.9
    limits = {"cognito_connect_timeout": 0.4, "cognito_read_timeout": 0.5, "request_deadline": 3.0}
    waited: list[float] = []
    with FaultProxy(key_url) as proxy, proxy.fault(Drip(pause=0.05)):
        settings = {**LONGEST, **limits, "aws_cognito_jwks_url": proxy.url}
        # On a busy machine a byte may be late, or the answer; of some attempts one is not.
        while len(waited) < ATTEMPTS and not any(both <= each < both + MARGIN for each in waited):
            with AsgiClient(application(env.config, **settings)) as client:
                begun = time.monotonic()
                assert request.send(client).status_code == 503
                waited.append(time.monotonic() - begun)
    assert both <= waited[-1] < both + MARGIN, waited


def test_keys_that_come_in_drips_are_waited_for_no_longer_than_any_request(
    env: Environment, key_url: str
) -> None:
    """Whoever asks them goes on beside the request, and hangs up with it."""
    request = read(env)
    with FaultProxy(key_url) as proxy, proxy.fault(Drip(pause=SHORT / 6)):
        settings = {**LONGEST, "request_deadline": SHORT, "aws_cognito_jwks_url": proxy.url}
        with AsgiClient(application(env.config, **settings)) as client:
            assert request.send(client).status_code == 503
            until(lambda: not is_fetching(), "nobody waits for the keys any more")


@pytest.mark.parametrize("setting", ["database_lock_timeout", "request_deadline"])
def test_a_lock_is_waited_for_as_long_as_the_setting_says(env: Environment, setting: str) -> None:
    request = valid(env, "update_me")
    settings = {**LONGEST, setting: SHORT}
    with (
        run_server(application(env.config, **settings)) as live,
        ThreadPoolExecutor(1) as thread,
        changing(env, "UPDATE users SET full_name = 'Grace'"),
    ):
        waited = quickest(lambda: thread.submit(request.send, HttpClient(live)).result(AT_MOST))
    assert SHORT <= waited < SHORT + MARGIN
    assert request.send(env.client).status_code == 200


@pytest.mark.parametrize("overflow", [0, 1])
def test_a_connection_is_waited_for_as_long_as_the_settings_say(
    env: Environment, overflow: int
) -> None:
    """One request holds the pool's connection; another one needs one of the overflow."""
    create, other = valid(env, "create_random"), valid(env, "login_user")
    pool = {"database_pool_size": 1, "database_max_overflow": overflow}
    settings = {**LONGEST, **pool, "database_pool_timeout": SHORT}
    with (
        run_server(application(env.config, **settings)) as live,
        ThreadPoolExecutor(2) as threads,
    ):
        with held(env) as wait_until_it_is_held:
            created = threads.submit(create.send, HttpClient(live))
            wait_until_it_is_held()

            def ask() -> Any:
                return threads.submit(other.send, HttpClient(live)).result(AT_MOST)

            if overflow:
                assert ask().status_code == 200
            else:
                assert SHORT <= quickest(ask) < SHORT + MARGIN
        assert created.result(AT_MOST).status_code == 201


@pytest.mark.parametrize("name", ["login_user", "signup_user"])
def test_a_connection_for_its_kind_is_waited_for_as_long_as_the_settings_say(
    env: Environment, name: str
) -> None:
    """Of two logins, or two sign-ups, the first one holds all that are for their kind."""
    first, other = valid(env, name), valid(env, name)
    if name == "signup_user":
        first = signing_up(env, "newcomer", "one@example.com")
        other = signing_up(env, "other", "three@example.com")
    pool = {"database_pool_size": 1, "database_max_overflow": 1}
    settings = {**LONGEST, **pool, "database_pool_timeout": SHORT}
    with (
        run_server(application(env.config, **settings)) as live,
        ThreadPoolExecutor(2) as threads,
    ):
        with changing(env, LOCKED[name]) as wait_until_one_waits:
            held_up = threads.submit(first.send, HttpClient(live))
            wait_until_one_waits()
            ask = lambda: threads.submit(other.send, HttpClient(live)).result(AT_MOST)  # noqa: E731
            assert SHORT <= quickest(ask) < SHORT + MARGIN
        assert held_up.result(AT_MOST).status_code < 300


def test_who_gave_up_is_not_served_and_keeps_nobody_out(env: Environment) -> None:
    """All end at their deadline: the first while Cognito has it, others in the queue behind it."""
    users = [env.create_unconfirmed_user() for _ in range(3)]
    mailed = [env.code(user.username) for user in users]
    limits = {"cognito_threads": 1, "request_queue": 1, "request_deadline": 2 * SHORT}
    waited: list[float] = []
    with (
        run_server(application(env.config, **{**LONGEST, **limits})) as live,
        ThreadPoolExecutor(1) as thread,
    ):

        def send(number: int) -> int:
            body = {"username": users[number].username}
            path = "/users/resend_confirmation_code"
            return int(HttpClient(live).request("POST", path, json=body).status_code)

        def wait_behind() -> None:
            for number in (1, 2):
                begun = time.monotonic()
                assert send(number) == 503
                waited.append(time.monotonic() - begun)

        with env.cognito.outages.meanwhile("ResendConfirmationCode", wait_behind):
            assert thread.submit(send, 0).result(AT_MOST) == 503
            while len(waited) < 2:
                time.sleep(0.01)
        # Nobody is in the way any more, and the only thread is free.
        while send(0) != 200:
            time.sleep(0.01)
    # Whoever finds the queue full is told at once.
    assert min(waited) >= 2 * SHORT
    assert [env.code(user.username) for user in users[1:]] == mailed[1:]


def test_a_thread_is_free_again_when_its_request_has_ended(env: Environment) -> None:
    request = login(env)
    limits = {"cognito_threads": 1, "request_deadline": SHORT}
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as peers:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        settings = {**LONGEST, **cognito(address), **limits}
        with run_server(application(env.config, **settings)) as live:
            server.settimeout(0)
            for _ in range(3):
                # The one thread asks for a request as well as for that before; nobody hangs up.
                asked, until = False, time.monotonic() + AT_MOST
                while not asked:
                    assert time.monotonic() < until, "the thread is not free again"
                    assert request.send(HttpClient(live)).status_code == 503
                    # On a busy machine a request may end before its thread has come to Cognito.
                    with suppress(BlockingIOError):
                        peers.enter_context(server.accept()[0])
                        asked = True


def test_a_database_that_is_silent_is_waited_for_as_long_as_the_setting_says(
    env: Environment,
) -> None:
    """The driver takes whole seconds, and no fewer than two."""
    seconds = 2
    with silent() as address:
        place = {"database_url": f"postgresql://ada:secret@{address}/numbers"}
        settings = {**LONGEST, **place, "database_connect_timeout": seconds}
        with AsgiClient(application(env.config, **settings)) as client:
            # A busy machine may be late; the quickest of some attempts is not.
            for _ in range(ATTEMPTS):
                begun = time.monotonic()
                assert client.request("GET", "/ready").status_code == 503
                waited = time.monotonic() - begun
                if waited < seconds + 0.9:
                    break
    assert seconds - 0.9 < waited < seconds + 0.9
