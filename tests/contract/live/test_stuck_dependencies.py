"""Requests that wait for a stuck dependency delay nobody who does not need it."""

from apiproof.deployment import Deployment
from apiproof.http.client import HttpClient
from apiproof.network_faults import Silent
from tests.contract.live.conftest import DEADLINE, SLACK, UNDELAYED
from tests.contract.live.crowd import Crowd, Timed, at_once, crowd, fresh, send, until_success
from tests.contract.valid_requests import Valid, bearer, resigned

STUCK = 200
UNKNOWN_KEYS = 60
READINESS_CALLERS = 64


def meanwhile(deployed: Deployment, waiting: Crowd, request: Valid) -> list[Timed]:
    """Send a request again and again while others wait; at least once."""
    with HttpClient(deployed.url) as client:
        answers = [send(client, request)]
        while waiting.is_waiting:
            answers.append(send(client, request))
    return answers


def undelayed(answers: list[Timed]) -> None:
    assert {answer.status for answer in answers} == {200}
    assert max(answer.seconds for answer in answers) < UNDELAYED


def given_up(answers: list[Timed], *statuses: int) -> None:
    assert {answer.status for answer in answers} <= set(statuses)
    assert max(answer.seconds for answer in answers) < DEADLINE + SLACK


def test_stuck_logins_do_not_slow_those_who_read(deployed: Deployment) -> None:
    reading = fresh(deployed, "list_randoms")
    logins = [fresh(deployed, "login_user") for _ in range(4)] * (STUCK // 4)
    with (
        deployed.cognito.fault(Silent(), when=b"InitiateAuth") as active,
        crowd(deployed.url, logins) as waiting,
    ):
        active.wait()
        read = meanwhile(deployed, waiting, reading)
        given_up(waiting.answers(), 503)
    undelayed(read)
    assert until_success(deployed.url, logins[0]).is_success


def test_unknown_keys_do_not_slow_known_ones(deployed: Deployment) -> None:
    user = deployed.env.new_account()
    reading = fresh(deployed, "list_randoms", user)
    assert until_success(deployed.url, reading).is_success
    forged = [
        Valid("read_me", "/users/me", headers=bearer(token))
        for token in (
            resigned(deployed.env, user.access_token, header={"kid": f"unknown-{number}"})
            for number in range(UNKNOWN_KEYS)
        )
    ]
    with (
        deployed.keys.fault(Silent()) as active,
        crowd(deployed.url, forged) as waiting,
    ):
        active.wait()
        read = meanwhile(deployed, waiting, reading)
        given_up(waiting.answers(), 401, 503)
    undelayed(read)


def test_those_who_ask_for_readiness_share_one_look(deployed: Deployment) -> None:
    ready = fresh(deployed, "check_readiness")
    assert {a.status for a in at_once(deployed.url, [[ready]] * READINESS_CALLERS)} == {200}
    with deployed.database.fault(Silent()) as active:
        answers = at_once(deployed.url, [[ready]] * READINESS_CALLERS)
        given_up(answers, 503)
        # One look for all; another for callers who came when the first was over.
        assert active.hits <= 2
    assert until_success(deployed.url, ready).is_success


def test_nobody_who_asks_for_health_waits(deployed: Deployment) -> None:
    health = fresh(deployed, "check_health")
    profiles = [fresh(deployed, "read_me")] * STUCK
    with (
        deployed.database.fault(Silent()) as active,
        crowd(deployed.url, profiles) as waiting,
    ):
        active.wait()
        undelayed(meanwhile(deployed, waiting, health))
        given_up(waiting.answers(), 503)
