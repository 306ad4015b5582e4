"""`nox -s bench -- fuzzing`: stock Schemathesis, ours with one process, and ours with all cores.

Cases per second over the whole command, as its user waits for it: ours starts its environments, the
one of stock is served already. Stock has the same settings and a real token with all scopes, and
none of our hooks, checks or overrides; each turn begins with a fresh environment. The kinds take
turns, so that what else the machine does falls on all; the ratios are of the medians.

Like is not compared with like, and the second table says how far: a fuzzed sign-out ends stock's
session, and all that it sends afterwards is refused, which costs a server little; ours sees to it
that requests succeed, and each that does runs into the database and the user pool. Processor time
is that of all processes, servers included.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from apiproof.fork_pool import available_cores
from apiproof.reporting import Chart, Series, StepResult, step_result
from apiproof.reporting.store import save_step
from apiproof.reporting.terminal import console
from tests.bench.results import keep
from tests.bench.throughput import serving

ROOT = Path(__file__).parent.parent.parent
TURNS = 5
CLASSES = ("2xx", "4xx", "5xx")


@dataclass(frozen=True)
class Turn:
    """What one run of a command came to.

    Attributes:
        cases: requests of Schemathesis'.
        seconds: of the wall clock, for the command.
        cpu: seconds of processor time, of all processes that it took.
    """

    cases: int
    seconds: float
    cpu: float

    @property
    def per_second(self) -> float:
        """Cases per second."""
        return self.cases / self.seconds


Mix = dict[str, float]  # the share of answers by class of status


def _cpu() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system


def _run(command: Sequence[str], folder: Path) -> tuple[int, float]:
    """Run a command; returns its cases and seconds."""
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603  # our own commands
        command, cwd=folder, env={**os.environ}, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    told = re.findall(r"([\d,]+) generated|scenarios, ([\d,]+) requests", done.stdout)
    if not told:
        end = done.stdout[-2000:] + done.stderr
        raise RuntimeError(f"{' '.join(command)} told no count:\n{end}")
    return int("".join(told[-1]).replace(",", "")), seconds  # the last one is of the whole run


def stock(*arguments: str) -> Turn:
    """Schemathesis as it comes, against a served environment, with a token of all scopes."""
    settings = (ROOT / "schemathesis.toml").read_text(encoding="utf-8")
    for ours_alone in (r"(?m)^hooks = .*\n", r"(?ms)^\[(warnings|reports)\]\n.*?(?=^\[|\Z)"):
        settings = re.sub(ours_alone, "", settings)
    before = _cpu()
    with TemporaryDirectory() as folder, serving() as ready:
        (Path(folder) / "schemathesis.toml").write_text(settings, encoding="utf-8")
        token = ready.users[0].access_token
        header = ("-H", f"Authorization: Bearer {token}")
        words = [sys.executable, "-m", "schemathesis.cli", "run", ready.openapi_url, *header]
        cases, seconds = _run([*words, *arguments], Path(folder))
    return Turn(cases, seconds, _cpu() - before)


def ours(workers: int, *arguments: str) -> Turn:
    """`apiproof fuzz`, which has the environments in its own processes."""
    before = _cpu()
    command = [sys.executable, "-m", "apiproof", "fuzz", "--workers", str(workers)]
    cases, seconds = _run([*command, *arguments], ROOT)
    return Turn(cases, seconds, _cpu() - before)


def _mix(run: Callable[[str], object]) -> Mix:
    """The classes of the answers in a run that reports its events; it is not timed."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.ndjson"
        run(f"--report-ndjson-path={path}")
        found: Counter[str] = Counter()
        for line in path.read_text("utf-8").splitlines():
            scenario = json.loads(line).get("ScenarioFinished") or {}
            for each in (scenario.get("recorder", {}).get("interactions") or {}).values():
                found[f"{(each.get('response') or {}).get('status_code', 0) // 100}xx"] += 1
    return {name: found[name] / found.total() for name in CLASSES}


def _shard(*arguments: str) -> None:
    words = [sys.executable, "-m", "apiproof", "fuzz", "--shard", "1/1", *arguments]
    subprocess.run(words, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)  # noqa: S603  # our own


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench -- fuzzing")
    parser.add_argument("--turns", type=int, default=TURNS, help="of each kind (5)")
    parser.add_argument("--max-examples", type=int, help="of each operation (the project's)")
    options = parser.parse_args(arguments)
    more = ["--max-examples", str(options.max_examples)] if options.max_examples else []
    counts = sorted({1, 2, 4, available_cores()} & set(range(1, available_cores() + 1)))
    kinds: dict[str, Callable[[], Turn]] = {"stock Schemathesis, one token": partial(stock, *more)}
    for count in counts:
        kinds[f"ours, {count} process{'es' if count > 1 else ''}"] = partial(ours, count, *more)
    turns: dict[str, list[Turn]] = {name: [] for name in kinds}
    for _ in range(options.turns):
        for name, run in kinds.items():
            turns[name].append(run())
    mixes = {
        "stock": _mix(lambda option: stock(*more, option)),
        "ours": _mix(lambda option: _shard(*more, option)),
    }
    _tell({name: summary(done) for name, done in turns.items()}, mixes, options.turns)


def summary(turns: Sequence[Turn]) -> dict[str, float]:
    """The medians of some turns."""
    cases = statistics.median(turn.cases for turn in turns)
    return {
        "cases": cases,
        "seconds": round(statistics.median(turn.seconds for turn in turns), 2),
        "cases_per_second": round(statistics.median(turn.per_second for turn in turns), 1),
        "cpu_ms_per_case": round(
            1000 * statistics.median(turn.cpu / turn.cases for turn in turns), 2
        ),
    }


def _tell(rates: dict[str, dict[str, float]], mixes: dict[str, Mix], turns: int) -> None:
    yardstick = next(iter(rates.values()))["cases_per_second"]
    table = Table(title=f"Fuzzing on {available_cores()} cores, medians of {turns} turns")
    for column in ("", "cases", "seconds", "cases/s", "of stock", "CPU ms a case"):
        table.add_column(column, justify="right" if column else "left")
    for name, each in rates.items():
        rate, cpu = each["cases_per_second"], each["cpu_ms_per_case"]
        share = f"{rate / yardstick:.2f} x"
        figures = (f"{each['cases']:.0f}", f"{each['seconds']:.1f}", f"{rate:.1f}", share)
        table.add_row(name, *figures, f"{cpu:.1f}")
    console.print(table)
    shares = Table("", *CLASSES, title="What the answers are (stateful phase of ours left out)")
    for name, mix in mixes.items():
        shares.add_row(name, *(f"{share:.0%}" for share in mix.values()))
    console.print(shares)
    keep("fuzzing", {"turns": turns, "kinds": rates, "answers": mixes})
    save_step(as_step(rates))  # for the next report of `apiproof run`


def as_step(rates: dict[str, dict[str, float]]) -> StepResult:
    """The rates as a step of the report."""

    def chart(what: str, title: str, unit: str) -> Chart:
        points: Any = tuple((name, each[what]) for name, each in rates.items())
        return Chart(title, "", unit, (Series(title, points),), shape="bar")

    charts = [
        chart("cases_per_second", "Fuzzing: cases per second", "per second"),
        chart("cpu_ms_per_case", "Fuzzing: processor time of a case", "ms"),
    ]
    return step_result("bench fuzzing", {"kinds": len(rates)}, sections=charts)
