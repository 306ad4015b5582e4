"""Examples per second, and the share of them discarded, of every property.

Run it alone with `python -m tests.bench.properties`. It runs the suite in a process of its own and
reads what `tests/property/conftest.py` measured from the JUnit report.
"""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SUITE = "tests/property"


class SuiteFailed(Exception):
    """The suite did not pass, so there is nothing to measure."""


@dataclass(frozen=True)
class Pace:
    """What one property did, all its parameters and machines together."""

    test: str
    examples: int
    discarded: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Examples per second of generation."""
        return self.examples / self.seconds if self.seconds else 0.0

    @property
    def discarded_share(self) -> float:
        """The share of examples thrown away by `assume` and filters."""
        return self.discarded / max(1, self.examples + self.discarded)


def measure(suite: str = SUITE, profile: str = "ci") -> list[Pace]:
    """Run a suite and return the pace of each property, the slowest first.

    Args:
        suite: a path below the project's root.
        profile: of Hypothesis.

    Raises:
        SuiteFailed: a test failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", suite, f"--junitxml={report}"]
        run = subprocess.run(  # noqa: S603 - our own command
            [*command, f"--hypothesis-profile={profile}", "-p", "no:randomly"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise SuiteFailed(run.stdout[-2000:])
        return _read(report)


def _read(report: Path) -> list[Pace]:
    paces: dict[str, Pace] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - written by our own run
        values = {each.get("name"): float(each.get("value", 0)) for each in case.iter("property")}
        if "examples" in values:
            name = f"{case.get('classname')}.{case.get('name')}".partition("[")[0]
            sofar = paces.get(name, Pace(name, 0, 0, 0.0))
            paces[name] = Pace(
                name,
                sofar.examples + int(values["examples"]),
                sofar.discarded + int(values["discarded"]),
                sofar.seconds + values["seconds"],
            )
    return sorted(paces.values(), key=lambda pace: pace.per_second)


def main() -> None:
    """Print the table."""
    for pace in measure():
        name = pace.test.removeprefix("tests.property.")
        sys.stdout.write(
            f"{pace.per_second:8.1f} examples/s  {pace.discarded_share:6.1%} discarded  {name}\n"
        )


if __name__ == "__main__":
    main()
