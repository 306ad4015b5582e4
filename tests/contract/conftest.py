"""What holds in every test of the suite: no operation gives an answer that its document lacks."""

from collections.abc import Iterator

import pytest

from apiproof.environment import Environment
from apiproof.http.server import run_server
from tests.contract.keyserver import KeyServer
from tests.contract.valid_requests import OPERATIONS
from tests.every_answer import every_answer_is_whole
from tests.leftovers import nothing_is_left

__all__ = ["every_answer_is_whole", "nothing_is_left"]  # fixtures

# No document declares them: 500 is unforeseen, and tests that provoke it say so themselves; 405 is
# about a method that is none of the operation's.
UNDECLARED = {405, 500}


@pytest.fixture(autouse=True)
def _only_declared_answers(request: pytest.FixtureRequest) -> Iterator[None]:
    if "env" not in request.fixturenames:
        yield
        return
    env: Environment = request.getfixturevalue("env")
    before = dict(env.coverage_log.counts)
    yield
    undeclared = {
        f"{entry.operation_id} answered {entry.status}"
        for entry, count in env.coverage_log.counts.items()
        if count != before.get(entry, 0)
        and entry.status not in UNDECLARED
        and str(entry.status) not in OPERATIONS[entry.operation_id].statuses
    }
    assert not undeclared, "declare it in the route's `responses`, or give another answer"


@pytest.fixture
def key_server(env: Environment) -> KeyServer:
    """A source of the pool's keys that tests change."""
    return KeyServer(env)


@pytest.fixture
def key_url(key_server: KeyServer) -> Iterator[str]:
    """Where it is served."""
    with run_server(key_server) as url:
        yield url
