"""pytest fixtures, options and markers of the kit; no logic of its own.

world         the subject's world, emptied before the test
client        an in-process HTTP client of the subject
live          the base URL of the subject behind a real server, on the same world
fuzzing       Schemathesis, authenticated and guided, for the length of a test
cognito       a Cognito user pool, emptied before the test: the world's, or one of its own
outages       what goes wrong with it next: `outages.fail("InitiateAuth", "TooManyRequests...")`
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # every pytest run of every project loads the plugin: it must cost nothing
    from understudy.asgi import RemoteClient
    from understudy.cognito import Cognito, Outages
    from understudy.evidence import Pending
    from understudy.subject import Subject
    from understudy.world import World

OPENED = pytest.StashKey["World"]()  # a world that is open already, for tests run within it
SUMMARY = pytest.StashKey[str]()
EVIDENCE = Path("reports/evidence")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--evidence` and the ini values that say where its inputs are."""
    group = parser.getgroup("understudy")
    group.addoption(
        "--evidence",
        choices=("off", "show", "require"),
        default="off",
        help="show what the run reached, or also fail when a declared answer was never seen",
    )
    parser.addini("understudy_pending", "statuses that nothing can provoke offline, with reasons")


def pytest_configure(config: pytest.Config) -> None:
    """Forget the ledgers of the last run."""
    if _judges(config):
        _pending(config)  # a list that cannot be read is better known before the run
        for stale in EVIDENCE.glob("ledger-*.json"):
            stale.unlink()


def _judges(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput") and config.getoption("--evidence") != "off"


def _pending(config: pytest.Config) -> "Pending":
    from understudy.errors import Refusal
    from understudy.evidence import read_pending

    path = config.getini("understudy_pending")
    try:
        return read_pending(config.rootpath / path if path else None)
    except Refusal as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session")
def subject() -> "Subject":
    """The subject that `pyproject.toml` names."""
    from understudy.subject import load_subject

    return load_subject()


@pytest.fixture(scope="session")
def _open_world(subject: "Subject", pytestconfig: pytest.Config) -> "Iterator[World]":
    if opened := pytestconfig.stash.get(OPENED, None):
        yield opened
        return
    from understudy.world import World

    with World.open(subject) as world:
        yield world
        if pytestconfig.getoption("--evidence") != "off":
            world.ledger.write(EVIDENCE)


@pytest.fixture
def world(_open_world: "World") -> "Iterator[World]":
    """The subject's world, emptied before the test; its answers have to keep the document."""
    _open_world.reset()
    yield from kept(_open_world)


def kept(world: "World") -> "Iterator[World]":
    """Lend a world, and fail if an answer departs from the OpenAPI document meanwhile."""
    world.departures.take()
    yield world
    if found := world.departures.take():
        pytest.fail("Not as the OpenAPI document says:\n" + "\n".join(found), pytrace=False)


@pytest.fixture
def client(world: "World") -> "RemoteClient":
    """An in-process HTTP client of the subject."""
    return world.client


@pytest.fixture
def live(world: "World") -> Iterator[str]:
    """The base URL of the subject behind a real server, on the same world."""
    from understudy.server import serve

    with serve(world.application()) as base_url:
        yield base_url


@pytest.fixture
def fuzzing(world: "World", subject: "Subject") -> "Iterator[World]":
    """Schemathesis, authenticated and guided, for the length of a test."""
    from understudy.fuzzing import installed

    with installed(subject, world):
        yield world


@pytest.fixture(scope="session")
def _open_cognito() -> "Iterator[Cognito]":
    from understudy.cognito import Cognito

    with Cognito.start() as cognito:
        yield cognito


@pytest.fixture
def cognito(request: pytest.FixtureRequest) -> "Cognito":
    """A Cognito user pool, emptied before the test: the world's, where the test has a world."""
    if "world" in request.fixturenames:
        world: World = request.getfixturevalue("world")
        return world.cognito
    alone: Cognito = request.getfixturevalue("_open_cognito")
    alone.reset()
    return alone


@pytest.fixture
def outages(cognito: "Cognito") -> "Outages":
    """What goes wrong with Cognito next."""
    return cognito.outages


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the evidence table."""
    config = terminalreporter.config
    terminalreporter.write(config.stash.get(SUMMARY, ""))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that reached too little."""
    config = session.config
    if not _judges(config):
        return
    from understudy.evidence import judge
    from understudy.subject import load_subject

    text, found = judge(load_subject().document(), EVIDENCE, _pending(config))
    config.stash[SUMMARY] = text
    if found and config.getoption("--evidence") == "require" and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
