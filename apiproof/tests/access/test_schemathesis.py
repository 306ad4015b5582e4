"""The access checks beside Schemathesis: one probe per operation, the same verdict every time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup
from schemathesis.openapi import from_dict

from apiproof.access import Probe
from apiproof.fuzzing.access_checks import SuccessProbe
from apiproof.fuzzing.checks import PROBED, install_checks, restored
from apiproof.http.client import BASE_URL, AsgiClient
from apiproof.jwt import schemes
from tests.access.demo_servers import STANDS


class Bench:
    """Schemathesis at a demo application, as somebody."""

    def __init__(self, name: str, flaw: str) -> None:
        self.app, self.users = STANDS[name](flaw)
        self.built = 0
        configuration = schemathesis.Config.from_dict({"base-url": BASE_URL})
        self.schema = from_dict(self.app.openapi(), config=configuration)

    def build(self, client: Any) -> Probe:
        self.built += 1
        return Probe(self.app.openapi(), self.users, client)

    def call(self, client: Any, method: str, path: str, **values: Any) -> list[str]:
        """Send a case and return the lines of the failures that the checks raise."""
        user = next(self.users.users())
        scheme = self.probe_scheme()
        token = self.users.credential(user, scheme, ())
        case = self.schema[path][method].Case(
            headers={"Authorization": f"Bearer {token}"}, **values
        )
        response = case.call(session=client)
        checks: list[Any] = [CHECKS.get_one(name) for name in PROBED]
        try:
            case.validate_response(response, checks=checks)
        except FailureGroup as group:
            return [str(failure) for failure in group.exceptions]
        return []

    def probe_scheme(self) -> Any:
        return next(scheme for scheme in schemes(self.app.openapi()).values() if scheme.is_http)


@contextmanager
def bench(flaw: str = "", name: str = "planner") -> Iterator[tuple[Bench, Any]]:
    stand = Bench(name, flaw)
    with AsgiClient(stand.app) as client, restored():
        install_checks(SuccessProbe(lambda: stand.build(client), stand))
        yield stand, client


def test_a_right_service_passes_and_is_probed_once_per_operation() -> None:
    with bench() as (stand, client):
        sent = count_of(client)
        assert stand.call(client, "POST", "/projects", body={"name": "a"}) == []
        first = sent()
        assert stand.call(client, "POST", "/projects", body={"name": "b"}) == []
        assert sent() == first + 1
        assert first > 100
        assert stand.built == 1


def count_of(client: Any) -> Any:
    """Count the requests that a client sends from now on."""
    sent = [0]
    send = client.send

    def counting(*arguments: Any, **options: Any) -> Any:
        sent[0] += 1
        return send(*arguments, **options)

    client.send = counting
    return lambda: sent[0]


@pytest.mark.parametrize(
    ("flaw", "check"),
    [
        ("any-scheme", "anonymous_rejected"),
        ("logout-ignored", "forged_tokens_rejected"),
        ("owner-in-create", "ownership_enforced"),
        ("location-wrong", "writes_are_readable"),
        ("challenge-missing", "errors_conform"),
        ("trace-in-error", "secrets_not_leaked"),
    ],
)
def test_a_flaw_fails_its_check_at_every_success(flaw: str, check: str) -> None:
    with bench(flaw) as (stand, client):
        first = stand.call(client, "POST", "/projects", body={"name": "a"})
        again = stand.call(client, "POST", "/projects", body={"name": "a"})
    assert any(check in line for line in first), first
    assert first == again


def test_a_refused_request_sets_nothing_off() -> None:
    with bench("any-scheme") as (stand, client):
        assert stand.call(client, "POST", "/projects", body={"name": 7}) == []


def test_the_registry_of_checks_is_as_before_afterwards() -> None:
    before = set(CHECKS.get_all_names())
    with bench():
        assert set(PROBED) <= set(CHECKS.get_all_names())
    assert set(CHECKS.get_all_names()) == before
