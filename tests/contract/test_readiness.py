"""Whether the service says that it can serve, each time anew."""

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.http.server import run_server
from tests.contract.keyserver import KeyServer, service
from tests.contract.pool_changes import altered
from tests.service import application

METHODS = pytest.mark.parametrize("method", ["GET", "HEAD"])


@METHODS
def test_every_outage_of_the_database_shows_and_every_end_of_one(
    env: Environment, method: str
) -> None:
    with AsgiClient(application(env.config)) as client:
        for _ in range(2):
            assert client.request(method, "/ready").status_code == 200
            with env.database.outage():
                answer = client.request(method, "/ready")
                assert answer.status_code == 503
                assert int(answer.headers["Retry-After"]) >= 1
                assert client.request(method, "/health").status_code == 200
        assert client.request(method, "/ready").status_code == 200


@METHODS
def test_a_database_that_takes_no_writes_is_not_ready(env: Environment, method: str) -> None:
    """As a replica is, after a fail-over."""
    name = env.database.name
    change = f"ALTER DATABASE {name} SET default_transaction_read_only = on"
    back = f"ALTER DATABASE {name} RESET default_transaction_read_only"
    with altered(env, change, back), AsgiClient(application(env.config)) as client:
        assert client.request(method, "/ready").status_code == 503
        assert client.request(method, "/health").status_code == 200
    with AsgiClient(application(env.config)) as client:
        assert client.request(method, "/ready").status_code == 200


@METHODS
@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("ALTER TABLE random_items RENAME TO gone", "ALTER TABLE gone RENAME TO random_items"),
        (
            "ALTER TABLE users RENAME COLUMN reserved_until TO gone",
            "ALTER TABLE users RENAME COLUMN gone TO reserved_until",
        ),
    ],
)
def test_a_database_that_waits_for_its_migration_is_not_ready(
    env: Environment, method: str, change: str, back: str
) -> None:
    with AsgiClient(application(env.config)) as client:
        with altered(env, change, back):
            assert client.request(method, "/ready").status_code == 503
            assert client.request(method, "/health").status_code == 200
        assert client.request(method, "/ready").status_code == 200


@METHODS
def test_without_keys_the_service_is_not_ready_until_they_are_there(
    env: Environment, method: str
) -> None:
    server = KeyServer(env)
    with run_server(server) as url, service(env, url) as client:
        server.away = True
        for _ in range(2):
            assert client.request(method, "/ready").status_code == 503
        server.away = False
        assert client.request(method, "/ready").status_code == 200
        server.away = True  # the keys at hand serve on
        assert client.request(method, "/ready").status_code == 200
