"""`nox -s bench -- fuzzing`: stock Schemathesis, ours with one process, and ours with all cores.

Cases per second over the whole command, as its user waits for it: ours starts its environments, the
one of stock is served already. Stock has the same settings and a real token with all scopes, and
none of our hooks, checks or overrides; each turn begins with a fresh environment. The kinds take
turns, so that what else the machine does falls on all; the ratios are of the medians.

Each is measured at the length that the project has set, and in a longer run: what a start costs
weighs less there, and the difference of the two is what a further case costs.

`--part documents` does it with two other documents, GitHub's among them (npm fetches it);
`--part defect` measures the time until a planted defect of access is told.

Stock with one token is not like ours: a fuzzed sign-out ends its session, and all that it sends
afterwards is refused, which costs a server little. So it is measured as well as it can be told to
do better: it signs in again where it is refused, and leaves alone what ends its account for good.
What the answers are says how far each got. Processor time is that of all processes, servers
included.
"""

import argparse
import atexit
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
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from rich.table import Table

from apiproof.environment_file import EnvironmentFile
from apiproof.fork_pool import available_cores
from apiproof.reporting.store import save_step
from apiproof.reporting.terminal import console
from tests.bench.contracts import GITHUB, fetched
from tests.bench.fuzzing_tables import (
    CLASSES,
    LONGER,
    OWN_LENGTH,
    Mix,
    Rates,
    as_step,
    further,
    tell,
    tell_answers,
)
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
LONG = 200
PARTS = ("own", "documents", "defect")


Lengths = dict[str, tuple[str, ...]]  # how long a run is, and the arguments that make it so


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
    told = re.findall(r"([\d,]+) generated|scenarios?, ([\d,]+) requests?", done.stdout)
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
        shutil.copytree(_unicode_tables(), Path(folder) / ".hypothesis")
        (Path(folder) / "schemathesis.toml").write_text(settings, encoding="utf-8")
        yield Path(folder)


@cache
def _unicode_tables() -> str:
    """A folder with what Hypothesis keeps in a project from its first run: over a second's work."""
    folder = mkdtemp()
    atexit.register(shutil.rmtree, folder)
    text = "from hypothesis import strategies; strategies.text().validate()"
    subprocess.run([sys.executable, "-c", text], cwd=folder, check=True)  # noqa: S603  # our own
    return str(Path(folder) / ".hypothesis")


@contextmanager
def _stock(
    target: Target, *arguments: str, signs_in: bool = False
) -> Iterator[tuple[list[str], Path]]:
    """The command of Schemathesis as it comes, with a token of all scopes, and its folder."""
    with (
        _folder(target, is_stock=True) as folder,
        serving(
            target.words("serve"), target.environment, folder if target.service else ROOT
        ) as ready,
    ):
        words = [sys.executable, "-m", "schemathesis.cli", "run", ready.openapi_url]
        words += [*_credential(target, ready, folder, signs_in=signs_in), "--url", ready.base_url]
        yield [*words, *target.arguments, *arguments], folder


def _credential(
    target: Target, ready: EnvironmentFile, folder: Path, *, signs_in: bool
) -> Sequence[str]:
    """Words of the command for its credential: a token, or what lasts where it signs in itself."""
    user = ready.users[0]
    if not signs_in:
        return ("-H", f"Authorization: Bearer {user.access_token}")
    settings = folder / "schemathesis.toml"
    login = target.sign_in.format(username=user.username, password=user.password)
    settings.write_text(settings.read_text("utf-8") + login, "utf-8")
    return target.keeps_account


def stock(target: Target, *arguments: str, signs_in: bool = False) -> Turn:
    """Schemathesis as it comes, against a served environment."""
    before = _cpu()
    with _stock(target, *arguments, signs_in=signs_in) as (words, folder):
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
    parser.add_argument(
        "--longer", type=int, default=LONG, help="examples in the longer run; 0 for none (200)"
    )
    parser.add_argument("--part", choices=PARTS, action="append", help="only this (all)")
    parser.add_argument("--operations", type=int, default=40, help="of GitHub's document (40)")
    options = parser.parse_args(arguments)
    lengths = {OWN_LENGTH: _examples(options.max_examples)}
    if options.longer:
        lengths[LONGER] = _examples(options.longer)
    parts = options.part or PARTS
    if "own" in parts:
        _own(lengths, options.turns)
    if "documents" in parts:
        _documents(lengths, options.turns, options.operations)
    if "defect" in parts:
        _first_defect(options.turns)


def _examples(number: int | None) -> tuple[str, ...]:
    return ("--max-examples", str(number)) if number else ()


def _own(lengths: Lengths, turns: int) -> None:
    found = _compared(OURS, lengths, turns)
    more = lengths[OWN_LENGTH]
    mixes = {
        "stock, one token": _mix(lambda option: stock(OURS, *more, option)),
        "stock, signs in again": _mix(lambda option: stock(OURS, *more, option, signs_in=True)),
        "ours": _mix(lambda option: _shard(*more, option)),
    }
    tell_answers(mixes)
    keep("fuzzing", {"turns": turns, **found, "answers": mixes})
    save_step(as_step(found))  # for the next report of `apiproof run`


def _documents(lengths: Lengths, turns: int, operations: int) -> None:
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
            kept[target.name] = _compared(target, lengths, turns)
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


def _kinds(target: Target) -> dict[str, Callable[..., Turn]]:
    """Who is measured, by name; each takes further arguments of the command."""
    kinds: dict[str, Callable[..., Turn]] = {
        "stock Schemathesis, one token": partial(stock, target)
    }
    if target.sign_in:
        kinds["stock, signs in again"] = partial(stock, target, signs_in=True)
    for count in sorted({1, available_cores()}):
        kinds[f"ours, {_processes(count)}"] = partial(ours, target, count)
    return kinds


def _compared(target: Target, lengths: Lengths, turns: int) -> dict[str, Rates]:
    """Let the kinds take turns at each length; tells and returns the medians of each."""
    kinds = _kinds(target)
    done: dict[tuple[str, str], list[Turn]] = {}
    for _ in range(turns):
        for length, more in lengths.items():
            for name, run in kinds.items():
                done.setdefault((length, name), []).append(run(*more))
    found: dict[str, Rates] = {
        length: {name: summary(done[length, name]) for name in kinds} for length in lengths
    }
    title = f"Fuzzing {target.name} on {available_cores()} cores, medians of {turns} turns"
    for length, rates in found.items():
        tell(f"{title}: {length}", rates)
    if LONGER in found and (cost := further(found[OWN_LENGTH], found[LONGER])):
        found["a further case"] = cost
        tell(f"{title}: what a further case costs", cost)
    return found


def summary(turns: Sequence[Turn]) -> dict[str, float]:
    """The medians of some turns."""
    return {
        "cases": statistics.median(turn.cases for turn in turns),
        "seconds": round(statistics.median(turn.seconds for turn in turns), 2),
        "cpu_seconds": round(statistics.median(turn.cpu for turn in turns), 2),
        "cases_per_second": round(statistics.median(turn.per_second for turn in turns), 1),
        "cpu_ms_per_case": round(
            1000 * statistics.median(turn.cpu / turn.cases for turn in turns), 2
        ),
    }
