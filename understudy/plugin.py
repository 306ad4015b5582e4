"""pytest fixtures, options and markers of the kit; no logic of its own.

world         the subject's world, emptied before the test
client        an in-process HTTP client of the subject
live          the base URL of the subject behind a real server, on the same world
fuzzing       Schemathesis, authenticated and guided, for the length of a test
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from understudy.asgi import RemoteClient
from understudy.errors import Refusal
from understudy.evidence import Pending, judge, read_pending
from understudy.subject import Subject, load_subject
from understudy.world import World

WORLDS = pytest.StashKey[list[World]]()
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
    config.stash[WORLDS] = []
    if _judges(config):
        _pending(config)  # a list that cannot be read is better known before the run
        for stale in EVIDENCE.glob("ledger-*.json"):
            stale.unlink()


def _judges(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput") and config.getoption("--evidence") != "off"


def _pending(config: pytest.Config) -> Pending:
    path = config.getini("understudy_pending")
    try:
        return read_pending(config.rootpath / path if path else None)
    except Refusal as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session")
def subject() -> Subject:
    """The subject that `pyproject.toml` names."""
    return load_subject()


@pytest.fixture(scope="session")
def _open_world(subject: Subject, pytestconfig: pytest.Config) -> Iterator[World]:
    with World.open(subject) as world:
        pytestconfig.stash[WORLDS].append(world)
        yield world
        if pytestconfig.getoption("--evidence") != "off":
            world.ledger.write(EVIDENCE)


@pytest.fixture
def world(_open_world: World) -> World:
    """The subject's world, emptied before the test."""
    _open_world.reset()
    return _open_world


@pytest.fixture
def client(world: World) -> RemoteClient:
    """An in-process HTTP client of the subject."""
    return world.client


@pytest.fixture
def live(world: World) -> Iterator[str]:
    """The base URL of the subject behind a real server, on the same world."""
    from understudy.server import serve

    with serve(world.application()) as base_url:
        yield base_url


@pytest.fixture
def fuzzing(world: World, subject: Subject) -> Iterator[World]:
    """Schemathesis, authenticated and guided, for the length of a test."""
    from understudy.fuzzing import installed

    with installed(subject, world):
        yield world


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
    text, found = judge(load_subject().document(), EVIDENCE, _pending(config))
    config.stash[SUMMARY] = text
    if found and config.getoption("--evidence") == "require" and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
