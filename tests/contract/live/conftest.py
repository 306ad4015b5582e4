"""A deployment for all tests of this folder, and what has to hold after each of them."""

import resource
import time
from collections.abc import Iterator

import psycopg2
import pytest

from apiproof.deployment import Deployment
from tests.contract.live.crowd import PATIENCE
from tests.service import SERVICE

DEADLINE = 1.5  # seconds that a request may take, whatever a dependency does
# What a busy machine may add to the deadline, and how soon those answer who wait for nobody.
SLACK = 2.0
UNDELAYED = 1.0


@pytest.fixture(scope="session")
def _deployed() -> Iterator[Deployment]:
    # A burst has more connections than many a system lets a process have, here and there.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with Deployment.start(SERVICE, REQUEST_DEADLINE=str(DEADLINE)) as deployed:
        yield deployed


@pytest.fixture
def deployed(_deployed: Deployment) -> Iterator[Deployment]:
    """The service in a process of its own, behind proxies; it holds nothing after the test."""
    yield _deployed
    _wait_until_idle(_deployed)


def _wait_until_idle(deployed: Deployment) -> None:
    """Fail if the service still works, or keeps a transaction open, when its clients have gone."""
    deadline = time.monotonic() + PATIENCE
    busy = [("",)]
    with psycopg2.connect(deployed.env.database.libpq_url) as connection:
        connection.autocommit = True
        while busy and time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT state FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND state <> 'idle'"
                )
                busy = cursor.fetchall()
    connection.close()
    assert not busy, "a transaction is left open after the test"
