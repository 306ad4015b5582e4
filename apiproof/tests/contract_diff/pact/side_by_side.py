"""Our verdicts on the corpus beside those of `@pactflow/openapi-pact-comparator`.

    python -m tests.contract_diff.pact.side_by_side [DIRECTORY]

The npm package goes into DIRECTORY (a temporary one unless given). Without Node this says so and
is done.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from apiproof.contract_diff.pact import PactSeverity
from tests.contract_diff.pact.corpus_cases import CASES, CORPUS, Case

PACKAGE = "@pactflow/openapi-pact-comparator"
# The last version that runs on Node below 22, and the current one.
VERSIONS = ((22, "2.3.1"), (0, "1.7.0"))


class NodeMissing(Exception):
    """No Node, or no npm, or the package cannot be had: nothing to compare with."""


def main(directory: Path) -> int:
    """Print both sides' verdicts.

    Returns:
        0 where ours has no more misses and false alarms than theirs, 1 otherwise.
    """
    console = Console()
    try:
        program = install(directory)
    except NodeMissing as why:
        console.print(f"side by side skipped: {why}", markup=False)
        return 0
    start = perf_counter()
    ours = {case.pact: _ours(case) for case in CASES}
    took = perf_counter() - start
    start = perf_counter()
    theirs = dict(_theirs(program))
    took_theirs = perf_counter() - start
    console.print(_table(ours, theirs))
    for case in CASES:
        if theirs[case.pact] != _truth(case):
            console.print(
                f"  {PACKAGE} says {theirs[case.pact]} of {case.pact}", markup=False, soft_wrap=True
            )
    console.print(f"ours took {took:.2f} s, theirs {took_theirs:.2f} s", markup=False)
    return int(_wrong(ours) > _wrong(theirs))


def install(directory: Path) -> Path:
    """Put the npm package into a directory and return its program."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise NodeMissing("Node isn't installed; install it to see the other side.")
    major = int(_output([node, "--version"]).lstrip("v").split(".")[0])
    version = next(version for least, version in VERSIONS if major >= least)
    _output([npm, "install", "--prefix", str(directory), "--silent", f"{PACKAGE}@{version}"])
    return directory / "node_modules" / PACKAGE / "dist" / "cli.cjs"


def _ours(case: Case) -> str:
    has_errors = any(finding.severity is PactSeverity.ERROR for finding in case.findings())
    return "failed" if has_errors else "passed"


def _theirs(program: Path) -> Iterator[tuple[str, str]]:
    for name in sorted({case.document for case in CASES}):
        cases = [case for case in CASES if case.document == name]
        lines = _lines(program, name, cases)
        if len(lines) == len(cases):
            yield from zip((case.pact for case in cases), map(_verdict, lines), strict=True)
            continue
        for case in cases:  # it died of one of them: ask for each by itself
            alone = _lines(program, name, [case])
            yield case.pact, _verdict(alone[0]) if alone else "nothing (it crashed)"


def _lines(program: Path, document: str, cases: Sequence[Case]) -> list[str]:
    paths = [str(case.path) for case in cases]
    openapi = str(CORPUS / "documents" / f"{document}.json")
    command = [str(shutil.which("node")), str(program), openapi, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own files
    return [
        line for line in done.stdout.splitlines() if line.startswith("[") and line.endswith("]")
    ]


def _verdict(line: str) -> str:
    return "failed" if any(each["type"] == "error" for each in json.loads(line)) else "passed"


def _truth(case: Case) -> str:
    return "passed" if case.is_good else "failed"


def _wrong(verdicts: dict[str, str]) -> int:
    return sum(verdicts[case.pact] != _truth(case) for case in CASES)


def _table(ours: dict[str, str], theirs: dict[str, str]) -> Table:
    table = Table("side", "bad caught", "good passed", "false alarms", "no answer")
    for side, verdicts in (("apiproof pact compare", ours), (PACKAGE, theirs)):
        bad = [verdicts[case.pact] for case in CASES if not case.is_good]
        good = [verdicts[case.pact] for case in CASES if case.is_good]
        silent = sum(verdict.startswith("nothing") for verdict in verdicts.values())
        counts = (
            f"{bad.count('failed')} of {len(bad)}",
            f"{good.count('passed')} of {len(good)}",
            str(good.count("failed")),
            str(silent),
        )
        table.add_row(side, *counts)
    return table


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180)  # noqa: S603 - node and npm
    except (OSError, subprocess.SubprocessError) as why:
        raise NodeMissing(f"`{' '.join(command[:2])}` failed; install {PACKAGE} by hand.") from why
    return done.stdout


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(main(Path(temporary)))
