"""pytest fixtures, options and markers of the kit; no logic of its own.

apiproof_service      the service that `pyproject.toml` names
apiproof_env          the service's environment, emptied before the test
apiproof_client       an HTTP client of the service
apiproof_live         the base URL of the service behind a real server, on the same environment
apiproof_fuzzing      Schemathesis, authenticated and guided, for the length of a test
apiproof_cognito      a Cognito user pool, emptied before the test: the environment's, or its own
apiproof_outages      what goes wrong with it next: `outages.fail("InitiateAuth", "...")`
apiproof_fault_proxy  puts a TCP proxy with network faults before a server: `fault_proxy(url)`

`-p apiproof.aliases` (in pytest's `addopts`) adds the names without the prefix.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # every pytest run of every project loads the plugin: it must cost nothing
    from apiproof.cognito import Cognito, Outages
    from apiproof.coverage import Exclusions
    from apiproof.environment import Environment
    from apiproof.http.client import HttpClient
    from apiproof.network_faults import FaultProxy
    from apiproof.service import Service

OPENED = pytest.StashKey[
    "Environment"
]()  # an environment that is open already, for tests run within it
SUMMARY = pytest.StashKey[str]()
COVERAGE = Path("reports/coverage")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--operation-coverage` and the ini values that say where its inputs are."""
    group = parser.getgroup("apiproof")
    group.addoption(
        "--operation-coverage",
        choices=("off", "show", "require"),
        default="off",
        help="show what the run reached, or also fail when a declared answer was never seen",
    )
    parser.addini("apiproof_exclusions", "statuses that nothing can provoke offline, with reasons")


def pytest_configure(config: pytest.Config) -> None:
    """Forget the coverage logs of the last run."""
    if _judges(config):
        _pending(config)  # a list that cannot be read is better known before the run
        for stale in COVERAGE.glob("coverage-*.json"):
            stale.unlink()


def _judges(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput") and config.getoption("--operation-coverage") != "off"


def _pending(config: pytest.Config) -> "Exclusions":
    from apiproof.coverage import read_exclusions
    from apiproof.errors import UserError

    path = config.getini("apiproof_exclusions")
    try:
        return read_exclusions(config.rootpath / path if path else None)
    except UserError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session")
def apiproof_service() -> "Service":
    """The service that `pyproject.toml` names."""
    from apiproof.service import load_service

    return load_service()


@pytest.fixture(scope="session")
def _apiproof_open_env(
    apiproof_service: "Service", pytestconfig: pytest.Config
) -> "Iterator[Environment]":
    if opened := pytestconfig.stash.get(OPENED, None):
        yield opened
        return
    from apiproof.environment import Environment

    with Environment.open(apiproof_service) as env:
        yield env
        if pytestconfig.getoption("--operation-coverage") != "off":
            env.coverage_log.write(COVERAGE)


@pytest.fixture
def apiproof_env(_apiproof_open_env: "Environment") -> "Iterator[Environment]":
    """The service's environment, emptied before the test.

    Where the service file says `conformance=True`, every answer has to be as the document says.
    """
    env = _apiproof_open_env
    env.reset()
    yield from conforming(env) if env.service.conformance else iter([env])


def conforming(env: "Environment") -> "Iterator[Environment]":
    """Lend an environment, and fail if an answer departs from the OpenAPI document meanwhile."""
    env.conformance.pop_violations()
    yield env
    if found := env.conformance.pop_violations():
        pytest.fail("Not as the OpenAPI document says:\n" + "\n".join(found), pytrace=False)


@pytest.fixture
def apiproof_client(apiproof_env: "Environment") -> "HttpClient":
    """An HTTP client of the service."""
    return apiproof_env.client


@pytest.fixture
def apiproof_live(apiproof_env: "Environment") -> Iterator[str]:
    """The base URL of the service behind a real server, on the same environment."""
    from apiproof.http.server import run_server

    with run_server(apiproof_env.application()) as base_url:
        yield base_url


@pytest.fixture
def apiproof_fuzzing(apiproof_env: "Environment") -> "Iterator[Environment]":
    """Schemathesis, authenticated and guided, for the length of a test."""
    from apiproof.fuzzing import registered

    with registered(apiproof_env.service, apiproof_env):
        yield apiproof_env


@pytest.fixture(scope="session")
def _apiproof_open_cognito() -> "Iterator[Cognito]":
    from apiproof.cognito import Cognito

    with Cognito.start() as cognito:
        yield cognito


@pytest.fixture
def apiproof_cognito(request: pytest.FixtureRequest) -> "Cognito":
    """A Cognito user pool, emptied before the test: the environment's, where the test has one."""
    if "apiproof_env" in request.fixturenames:
        env: Environment = request.getfixturevalue("apiproof_env")
        return env.cognito
    alone: Cognito = request.getfixturevalue("_apiproof_open_cognito")
    alone.reset()
    return alone


@pytest.fixture
def apiproof_outages(apiproof_cognito: "Cognito") -> "Outages":
    """What goes wrong with Cognito next."""
    return apiproof_cognito.outages


@pytest.fixture
def apiproof_fault_proxy() -> "Iterator[Callable[[str], FaultProxy]]":
    """Puts a proxy before a server, for a test; it passes everything on at first."""
    from apiproof.network_faults import FaultProxy

    with contextlib.ExitStack() as stack:
        yield lambda url: stack.enter_context(FaultProxy(url))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Fail a property that passed and hardly met its premises."""
    reach = sys.modules.get("apiproof.strategies.reach")  # who never imported it counts nothing
    if reach is not None:
        reach.begin()
    yield
    if reach is not None and (found := reach.too_rare()):
        pytest.fail("\n".join(found), pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the coverage table."""
    config = terminalreporter.config
    terminalreporter.write(config.stash.get(SUMMARY, ""))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that reached too little."""
    config = session.config
    if not _judges(config):
        return
    from apiproof.coverage import evaluate
    from apiproof.service import load_service

    text, found = evaluate(load_service().document(), COVERAGE, _pending(config))
    config.stash[SUMMARY] = text
    if found and config.getoption("--operation-coverage") == "require" and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
