"""`nox -s bench -- fuzzing`: stock Schemathesis, ours with one process, and ours with all cores.

Cases per second over the whole command, as its user waits for it: ours starts its environments, the
one of stock is served already. Stock has the same settings and a real token with all scopes, and
none of our hooks, checks or overrides; each turn begins with a fresh environment. The kinds take
turns, so that what else the machine does falls on all; the ratios are of the medians.

`--part documents` does it with two other documents, GitHub's among them (npm fetches it);
`--part defect` measures the time until a planted defect of access is told.

Like is not compared with like, and the second table says how far: a fuzzed sign-out ends stock's
session, and all that it sends afterwards is refused, which costs a server little; ours sees to it
that requests succeed, and each that does runs into the database and the user pool. Processor time
is that of all processes, servers included.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
from tests.bench.contracts import GITHUB, fetched
from tests.bench.fuzzing_targets import (
    DEFECT,
    DEFECTIVE,
    DRAWERS,
    OURS,
    ROOT,
    Target,
    cut,
    github,
)
from tests.bench.results import keep
from tests.bench.throughput import serving

TURNS = 5
PARTS = ("own", "documents", "defect")
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


def _run(command: Sequence[str], folder: Path, target: Target) -> tuple[int, float]:
    """Run a command; returns its cases and seconds."""
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603  # our own commands
        command, cwd=folder, env=target.environment, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    told = re.findall(r"([\d,]+) generated|scenarios, ([\d,]+) requests", done.stdout)
    if not told:
        end = done.stdout[-2000:] + done.stderr
        raise RuntimeError(f"{' '.join(command)} told no count:\n{end}")
    return int("".join(told[-1]).replace(",", "")), seconds  # the last one is of the whole run


@contextmanager
def _folder(target: Target, *, is_stock: bool) -> Iterator[Path]:
    """The project's own folder, or a new one with its settings of Schemathesis."""
    if target.modules == ROOT and not target.service and not is_stock:
        yield ROOT
        return
    settings = (ROOT / "schemathesis.toml").read_text(encoding="utf-8")
    for ours_alone in (
        r"(?m)^hooks = .*\n",
        r"(?ms)^\[(warnings|reports)(?:\.\w+)?\]\n.*?(?=^\[|\Z)",
    ):
        settings = re.sub(ours_alone, "", settings)
    with TemporaryDirectory() as folder:
        (Path(folder) / "schemathesis.toml").write_text(settings, encoding="utf-8")
        yield Path(folder)


@contextmanager
def _stock(target: Target, *arguments: str) -> Iterator[tuple[list[str], Path]]:
    """The command of Schemathesis as it comes, with a token of all scopes, and its folder."""
    with (
        _folder(target, is_stock=True) as folder,
        serving(
            target.words("serve"), target.environment, folder if target.service else ROOT
        ) as ready,
    ):
        header = ("-H", f"Authorization: Bearer {ready.users[0].access_token}")
        words = [sys.executable, "-m", "schemathesis.cli", "run", ready.openapi_url, *header]
        yield [*words, "--url", ready.base_url, *target.arguments, *arguments], folder


def stock(target: Target, *arguments: str) -> Turn:
    """Schemathesis as it comes, against a served environment."""
    before = _cpu()
    with _stock(target, *arguments) as (words, folder):
        cases, seconds = _run(words, folder, target)
    return Turn(cases, seconds, _cpu() - before)


def ours(target: Target, workers: int, *arguments: str) -> Turn:
    """`apiproof fuzz`, which has the environments in its own processes."""
    before = _cpu()
    with _folder(target, is_stock=False) as folder:
        words = target.words("fuzz", "--workers", str(workers), *target.arguments, *arguments)
        cases, seconds = _run(words, folder, target)
    return Turn(cases, seconds, _cpu() - before)


def seconds_until(
    line: str, words: Sequence[str], folder: Path, target: Target
) -> tuple[bool, float]:
    """Whether a command prints a line with a regular expression's match, and after how long.

    Where it does not, the seconds are those of the whole command.
    """
    started = time.monotonic()
    command = subprocess.Popen(  # noqa: S603  # our own commands
        words, cwd=folder, env={**target.environment, "PYTHONUNBUFFERED": "1"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert command.stdout is not None
    seconds = 0.0
    for each in command.stdout:
        if not seconds and re.search(line, each):
            seconds = time.monotonic() - started
    command.wait()
    return bool(seconds), seconds or time.monotonic() - started


def first_defect_stock() -> tuple[bool, float]:
    """Until stock tells of the defect, asked for that alone and to stop there."""
    alone = ("--checks", "ignored_auth", "--max-failures", "1")
    with _stock(DEFECTIVE, *alone) as (words, folder):
        return seconds_until(r"= FAILURES =", words, folder, DEFECTIVE)


def first_defect_ours(workers: int) -> tuple[bool, float]:
    """Until ours, with all its checks, tells of a shard that found something."""
    words = DEFECTIVE.words("fuzz", "--workers", str(workers), "--max-failures", "1")
    with _folder(DEFECTIVE, is_stock=False) as folder:
        return seconds_until(r"^  again: ", words, folder, DEFECTIVE)


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
    parser.add_argument("--part", choices=PARTS, action="append", help="only this (all)")
    parser.add_argument("--operations", type=int, default=40, help="of GitHub's document (40)")
    options = parser.parse_args(arguments)
    more = ["--max-examples", str(options.max_examples)] if options.max_examples else []
    parts = options.part or PARTS
    if "own" in parts:
        rates = _rates(OURS, sorted({1, 2, 4, available_cores()}), options.turns, more)
        mixes = {
            "stock": _mix(lambda option: stock(OURS, *more, option)),
            "ours": _mix(lambda option: _shard(*more, option)),
        }
        _tell(OURS, rates, options.turns)
        _tell_answers(mixes)
        keep("fuzzing", {"turns": options.turns, "kinds": rates, "answers": mixes})
        save_step(as_step(rates))  # for the next report of `apiproof run`
    if "documents" in parts:
        _documents(options.turns, options.operations, more)
    if "defect" in parts:
        _first_defect(options.turns)


def _documents(turns: int, operations: int, more: Sequence[str]) -> None:
    kept = {}
    with TemporaryDirectory() as folder:
        targets = [DRAWERS]
        if shutil.which("npm"):
            whole = fetched(GITHUB[1], Path(folder))
            part = cut(json.loads(whole.read_text("utf-8")), operations)
            whole.write_text(json.dumps(part), "utf-8")
            targets.append(github(whole))
        else:
            console.print("npm, which fetches GitHub's document, is missing: it is left out.")
        for target in targets:
            kept[target.name] = _rates(target, sorted({1, available_cores()}), turns, more)
            _tell(target, kept[target.name], turns)
    keep("fuzzing-documents", {"turns": turns, "documents": kept})


def _first_defect(turns: int) -> None:
    kinds: dict[str, Callable[[], tuple[bool, float]]] = {
        "stock Schemathesis, that check alone": first_defect_stock
    }
    for count in sorted({1, available_cores()}):
        kinds[f"ours, all checks, {_processes(count)}"] = partial(first_defect_ours, count)
    seen: dict[str, list[tuple[bool, float]]] = {name: [] for name in kinds}
    for _ in range(turns):
        for name, run in kinds.items():
            seen[name].append(run())
    table = Table("", "told of it", "seconds", title=f"{DEFECTIVE.name}, medians of {turns} turns")
    kept = {}
    for name, each in seen.items():
        told, seconds = sum(found for found, _ in each), [took for _, took in each]
        median = round(statistics.median(seconds), 2)
        whole = "" if told == turns else " (the whole run)"
        table.add_row(name, f"{told} of {turns}", f"{median:.1f}{whole}")
        kept[name] = {"told": told, "seconds": median}
    console.print(table)
    keep("fuzzing-first-defect", {"turns": turns, "defect": DEFECT, "kinds": kept})


def _processes(count: int) -> str:
    return f"{count} process{'es' if count > 1 else ''}"


def _rates(
    target: Target, counts: Sequence[int], turns: int, more: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Let the kinds take turns; returns the medians of each."""
    kinds: dict[str, Callable[[], Turn]] = {
        "stock Schemathesis, one token": partial(stock, target, *more)
    }
    for count in counts:
        kinds[f"ours, {_processes(count)}"] = partial(ours, target, count, *more)
    done: dict[str, list[Turn]] = {name: [] for name in kinds}
    for _ in range(turns):
        for name, run in kinds.items():
            done[name].append(run())
    return {name: summary(each) for name, each in done.items()}


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


def _tell(target: Target, rates: dict[str, dict[str, float]], turns: int) -> None:
    yardstick = next(iter(rates.values()))["cases_per_second"]
    title = f"Fuzzing {target.name} on {available_cores()} cores, medians of {turns} turns"
    table = Table(title=title)
    for column in ("", "cases", "seconds", "cases/s", "of stock", "CPU ms a case"):
        table.add_column(column, justify="right" if column else "left")
    for name, each in rates.items():
        rate, cpu = each["cases_per_second"], each["cpu_ms_per_case"]
        share = f"{rate / yardstick:.2f} x"
        figures = (f"{each['cases']:.0f}", f"{each['seconds']:.1f}", f"{rate:.1f}", share)
        table.add_row(name, *figures, f"{cpu:.1f}")
    console.print(table)


def _tell_answers(mixes: dict[str, Mix]) -> None:
    shares = Table("", *CLASSES, title="What the answers are (stateful phase of ours left out)")
    for name, mix in mixes.items():
        shares.add_row(name, *(f"{share:.0%}" for share in mix.values()))
    console.print(shares)


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
