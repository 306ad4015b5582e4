"""Profiles for Hypothesis and a way back to every failure; fixtures: `understudy.plugin`."""

import os
import shlex

import pytest
from hypothesis import HealthCheck, Phase, settings

# One world per worker is emptied by hand where examples need it, so its scope is no mistake.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
settings.register_profile("ci", derandomize=True, max_examples=40, print_blob=True, **_COMMON)
settings.register_profile("dev", max_examples=100, print_blob=True, **_COMMON)
settings.register_profile(
    "deep", max_examples=5000, print_blob=True, phases=tuple(Phase), **_COMMON
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a command that reproduces each failure."""
    failed = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
    for report in failed:
        terminalreporter.write_line(f"Reproduce: nox -s tests -- {shlex.quote(report.nodeid)}")
