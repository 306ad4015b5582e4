"""Many clients at once: all are served, or told at once to come back."""

import resource

from apiproof.deployment import Deployment
from tests.contract.live.conftest import DEADLINE, SLACK
from tests.contract.live.crowd import at_once, burst, crowd, fresh, until_success
from tests.contract.valid_requests import create
from tests.service import SERVICE

CLIENTS = 96
ROUNDS = 5
BURST = 1_000  # more than the queue holds
FEW_FILES = 200


def test_many_clients_that_keep_their_connections_are_all_served(deployed: Deployment) -> None:
    user = deployed.env.new_account()
    create(deployed.env, user)
    names = ("list_randoms", "read_me", "create_random", "update_me")
    requests = {name: fresh(deployed, name, user) for name in names}
    batches = [[requests[names[client % 4]]] * ROUNDS for client in range(CLIENTS)]
    answers = at_once(deployed.url, batches)
    assert len(answers) == CLIENTS * ROUNDS
    assert [answer for answer in answers if not answer.is_success] == []


def test_many_logins_at_once_are_all_answered(deployed: Deployment) -> None:
    logins = [fresh(deployed, "login_user") for _ in range(8)] * 8
    answers = at_once(deployed.url, [[login] for login in logins])
    assert {answer.status for answer in answers} <= {200, 503}
    assert max(answer.seconds for answer in answers) < DEADLINE + SLACK
    # Those who were told to come back do.
    later = [until_success(deployed.url, login).status for login in logins[:8]]
    assert later == [200] * 8


def test_a_burst_is_served_or_refused_and_served_fully_afterwards(deployed: Deployment) -> None:
    reading = fresh(deployed, "list_randoms")
    health = fresh(deployed, "check_health")
    *answers, late = burst(deployed.url, [*[reading] * BURST, health])
    # How many are served in time is for the machine; those who are not are told to come back.
    assert {answer.status for answer in answers} <= {200, 503}
    assert all("Retry-After" in answer.headers for answer in answers if answer.status == 503)
    # Whoever needs nothing waits for the other 1,000 to be read, too.
    assert max(answer.seconds for answer in answers) < DEADLINE + SLACK + late.seconds
    assert late.status == 200
    assert {answer.status for answer in at_once(deployed.url, [[reading]] * 64)} == {200}


def test_a_low_limit_of_open_files_is_raised_as_far_as_it_may_be(
    deployed: Deployment,
) -> None:
    """Each client is one; beyond the limit they wait without an answer."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_FILES, limits[1]))
    try:
        with Deployment.start(SERVICE, deployed.env) as low:
            allowed = resource.prlimit(low.server.pid, resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert allowed == (limits[1], limits[1])
    assert limits[1] > FEW_FILES, "this system allows so few that nothing was shown"


def test_many_different_sign_ups_at_once_all_succeed_or_may_be_tried_again(
    deployed: Deployment,
) -> None:
    requests = [fresh(deployed, "signup_user") for _ in range(64)]
    first = at_once(deployed.url, [[request] for request in requests])
    assert {answer.status for answer in first} <= {201, 503}
    later = [
        until_success(deployed.url, request)
        for request, answer in zip(requests, first, strict=True)
        if answer.status == 503
    ]
    assert [answer for answer in later if answer.status != 201] == []


def test_descriptors_and_threads_do_not_grow(deployed: Deployment) -> None:
    """The first round fills pools; what grows afterwards, grows for ever."""
    reading = fresh(deployed, "read_me")
    counts = []
    for _ in range(4):
        at_once(deployed.url, [[reading, reading]] * 64)
        with crowd(deployed.url, [reading] * 64) as waiting:
            waiting.hang_up()
        assert until_success(deployed.url, reading).is_success
        counts.append((deployed.server.descriptors, deployed.server.threads))
    for first, last in zip(counts[1], counts[-1], strict=True):
        assert last <= first + 5, counts
