"""moto's own tests of Cognito, run against the emulator: `nox -s moto-suite -- FOLDER`.

FOLDER is a checkout of getmoto/moto, best at the installed version; nothing is copied from it. Each
failure is printed with the line that says what was expected. The exit code is 1 when a test fails
that moto marks as verified against AWS, and 2 when none of these was reached.
"""

import contextlib
import io
import os
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from apiproof.cognito import Cognito

FILE = "tests/test_cognitoidp/test_cognitoidp.py"
OURS = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class Table:
    """Collects what became of each test, those verified against AWS apart."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.verified: Counter[str] = Counter()
        self.failures: list[tuple[str, bool, str]] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, bool, bool]:
        """Give each test an emulator of its own, as `mock_aws` gives each an empty moto."""
        with Cognito.start():
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once: when it was called, or when its preparation did not pass."""
        if report.when != "call" and report.passed:
            return
        marked = "aws_verified" in report.keywords
        self.counts[report.outcome] += 1
        if marked:
            self.verified[report.outcome] += 1
        if report.failed:
            reason = report.longreprtext.strip().splitlines()
            told = next((line for line in reason if line.startswith("E ")), reason[-1])
            name = report.nodeid.rpartition("::")[2]
            self.failures.append((name, marked, told.removeprefix("E").strip()))

    def __str__(self) -> str:
        rows = [
            f"{'aws verified' if marked else '-':<13} {name}\n    {told}"
            for name, marked, told in self.failures
        ]
        totals = f"all {dict(self.counts)}; aws verified {dict(self.verified)}"
        return "\n".join([*rows, totals])

    @property
    def exit_code(self) -> int:
        """Give 0 when everything verified against AWS passed, 1 when not, 2 when none ran."""
        if not self.verified["passed"] + self.verified["failed"]:
            return 2
        return 1 if self.verified["failed"] else 0


def _forget_our_tests() -> None:
    """Make way for moto's package `tests`, which has the name of ours."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    sys.path[:] = [str(Path.cwd()), *(entry for entry in sys.path if entry and Path(entry) != OURS)]


def main(arguments: list[str]) -> int:
    """Run the tests of the checkout named by the one argument and print the table."""
    if len(arguments) != 1 or not (Path(arguments[0]) / FILE).is_file():
        sys.stderr.write(f"Name a checkout of getmoto/moto: a folder that holds {FILE}.\n")
        return 2
    for name, value in ENVIRONMENT.items():
        os.environ[name] = value
    os.chdir(arguments[0])
    _forget_our_tests()
    table = Table()
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "-o", "addopts="]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([FILE, *options], [table])
    sys.stdout.write(f"{table}\n")
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
