"""`nox -s bench -- fuzzing`: stock Schemathesis, ours with one process, and ours with all cores.

Cases per second over the whole command, as its user waits for it: ours starts its environments, the
one of stock is served already. Stock has the same settings and a real token with all scopes, and
none of our hooks, checks or overrides; each turn begins with a fresh environment. The three take
turns, so that what else the machine does falls on all; the ratios are of the medians.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.table import Table

from apiproof.fuzzing.shard_runs import available_cores
from apiproof.reporting.terminal import console
from tests.bench.throughput import serving

ROOT = Path(__file__).parent.parent.parent
TURNS = 5


@dataclass(frozen=True)
class Turn:
    """What one run of a command came to."""

    cases: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Cases per second."""
        return self.cases / self.seconds


def _run(command: Sequence[str], folder: Path) -> Turn:
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603  # our own commands
        command, cwd=folder, env={**os.environ}, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    told = re.findall(r"([\d,]+) generated|scenarios, ([\d,]+) requests", done.stdout)
    if not told:
        end = done.stdout[-2000:] + done.stderr
        raise RuntimeError(f"{' '.join(command)} told no count:\n{end}")
    # The last one is of the whole run.
    return Turn(int("".join(told[-1]).replace(",", "")), seconds)


def stock() -> Turn:
    """Schemathesis as it comes, against a served environment, with a token of all scopes."""
    settings = (ROOT / "schemathesis.toml").read_text(encoding="utf-8")
    for ours_alone in (r"(?m)^hooks = .*\n", r"(?ms)^\[(warnings|reports)\]\n.*?(?=^\[|\Z)"):
        settings = re.sub(ours_alone, "", settings)
    with TemporaryDirectory() as folder, serving() as ready:
        (Path(folder) / "schemathesis.toml").write_text(settings, encoding="utf-8")
        token = ready.users[0].access_token
        header = ("-H", f"Authorization: Bearer {token}")
        command = [sys.executable, "-m", "schemathesis.cli", "run", ready.openapi_url, *header]
        return _run(command, Path(folder))


def ours(workers: int) -> Turn:
    """`apiproof fuzz`, which serves the environments itself."""
    command = [sys.executable, "-m", "apiproof", "fuzz", "--workers", str(workers)]
    return _run(command, ROOT)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench -- fuzzing")
    parser.add_argument("--turns", type=int, default=TURNS, help="of each kind (5)")
    options = parser.parse_args(arguments)
    cores = available_cores()
    kinds: dict[str, Callable[[], Turn]] = {
        "stock Schemathesis, one token": stock,
        "ours, one process": partial(ours, 1),
        f"ours, {cores} processes": partial(ours, cores),
    }
    turns: dict[str, list[Turn]] = {name: [] for name in kinds}
    for _ in range(options.turns):
        for name, run in kinds.items():
            turns[name].append(run())
    rates = {name: statistics.median(t.per_second for t in done) for name, done in turns.items()}
    yardstick = next(iter(rates.values()))
    table = Table(title=f"Fuzzing on {cores} cores, medians of {options.turns} turns")
    for column in ("", "cases", "seconds", "cases/s", "of stock"):
        table.add_column(column, justify="right" if column else "left")
    for name, done in turns.items():
        seconds = statistics.median(turn.seconds for turn in done)
        cases = statistics.median(turn.cases for turn in done)
        share = f"{rates[name] / yardstick:.2f} x"
        table.add_row(name, f"{cases:.0f}", f"{seconds:.1f}", f"{rates[name]:.1f}", share)
    console.print(table)
