"""Profiles for Hypothesis and a way back to every failure; fixtures: `apiproof.plugin`."""

import os
import shlex

import pytest

from apiproof.fork_pool import freeze_garbage
from apiproof.strategies.profiles import DatabaseMisnamed, register
from tests.empty_database import database, database_server
from tests.redis_server import redis_url
from tests.shared_routes import share_routes

__all__ = ["database", "database_server", "redis_url"]  # fixtures


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the profiles before `--hypothesis-profile` chooses among them."""
    freeze_garbage()  # what is imported next lasts: looking for garbage in it finds none
    share_routes()
    if "deep" in {config.getoption("--hypothesis-profile"), os.environ.get("HYPOTHESIS_PROFILE")}:
        config.option.timeout = 0  # it explores for hours
    try:
        register()
    except DatabaseMisnamed as error:
        pytest.exit(str(error), returncode=2)


@pytest.hookimpl(trylast=True)  # after pytest-randomly has shuffled them
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with those that have a longer time-out: no worker is to wait for one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


def pytest_collection_finish() -> None:
    """Leave what the tests have imported out of each search for garbage."""
    freeze_garbage()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a command that reproduces each failure."""
    failed = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
    for report in failed:
        terminalreporter.write_line(f"Reproduce: nox -s tests -- {shlex.quote(report.nodeid)}")
