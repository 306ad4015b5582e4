"""Reports on disk: one run's files, the results that single commands keep, and the last runs.

reports/index.html  report.json  report.schema.json  report.junit.xml  report.sarif
reports/steps/NAME.json      the newest result of a command that is run by itself
reports/history/TIME.json    one line's worth of each of the last runs
"""

import contextlib
import dataclasses
import errno
import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from apiproof.errors import UserError
from apiproof.reporting.finding import WEIGHTS
from apiproof.reporting.formats import adapter, as_json, as_junit, as_sarif, json_schema
from apiproof.reporting.model import Chart, Report, Series, Status, StepResult
from apiproof.reporting.page import as_html

REPORTS: Final = Path("reports")
KEPT_RUNS: Final = 50


class ReportUnusable(UserError):
    """There is no report where one was expected, or it is of another format."""


def write_report(report: Report, folder: Path = REPORTS) -> Path:
    """Write a run's files and add it to the history.

    Returns:
        The page.

    Raises:
        ReportUnusable: the folder cannot be written.
    """
    try:
        _remember(report, folder / "history")
        page = as_html(report, trend(folder / "history"))
        write_atomically(folder / "report.json", as_json(report))
        write_atomically(folder / "report.schema.json", json_schema())
        write_atomically(folder / "report.junit.xml", as_junit(report))
        write_atomically(folder / "report.sarif", as_sarif(report))
        write_atomically(folder / "index.html", page)
    except OSError as error:
        raise ReportUnusable(
            f"No report can be written to {folder} ({error.strerror}): free or name another folder."
        ) from None
    return folder / "index.html"


def read_report(path: Path = REPORTS / "report.json") -> Report:
    """Read `report.json`.

    Raises:
        ReportUnusable: it is missing, or no such report.
    """
    try:
        report: Report = adapter(Report).validate_json(path.read_bytes())
    except OSError as error:
        raise ReportUnusable(
            f"No report at {path} ({error.strerror}): `apiproof run` writes one."
        ) from None
    except ValueError:
        raise ReportUnusable(f"{path} is no report of this version: run again.") from None
    return report


def save_step(step: StepResult, folder: Path = REPORTS) -> None:
    """Keep the result of a command that is run by itself, for the next report."""
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    text = adapter(StepResult).dump_json(dataclasses.replace(step, finished=finished), indent=1)
    name = re.sub(r"\W+", "-", step.name)
    write_atomically(folder / "steps" / f"{name}.json", text.decode() + "\n")


def saved_steps(folder: Path = REPORTS, besides: Sequence[str] = ()) -> tuple[StepResult, ...]:
    """The kept results of other commands; what is of another format is left out."""
    found = []
    for path in sorted((folder / "steps").glob("*.json")):
        try:
            step: StepResult = adapter(StepResult).validate_json(path.read_bytes())
        except (OSError, ValueError):
            continue
        if step.name not in besides:
            found.append(step)
    return tuple(found)


def trend(history: Path) -> Chart | None:
    """The findings of the last runs, where at least two looked at the same as the last one did.

    A run of one step finds less than a run of all: beside each other, findings would seem to go.
    """
    known = [run for path in sorted(history.glob("*.json")) if (run := _read(path))]
    runs = [run for run in known if _looked_at(run) == _looked_at(known[-1])]
    if len(runs) < 2:
        return None
    first, last = (run["started"][:10] for run in (runs[0], runs[-1]))
    series = [
        Series(
            name,
            tuple(
                (float(number), run["findings"].get(name, 0)) for number, run in enumerate(runs, 1)
            ),
        )
        for name in WEIGHTS
    ]
    return Chart(
        title=f"Findings of the last {len(runs)} runs of these steps",
        x_axis="run",
        y_axis="findings",
        series=tuple(each for each in series if any(count for _, count in each.points))
        or (series[0],),
        note=f"On {last}." if first == last else f"From {first} to {last}.",
    )


def _looked_at(run: dict[str, Any]) -> set[str]:
    return {name for name, status in run["steps"].items() if status != Status.SKIPPED.value}


def _remember(report: Report, history: Path) -> None:
    counts = Counter(finding.weight for _, finding in report.findings)
    entry = {
        "started": report.started,
        "status": report.status.value,
        "seconds": report.seconds,
        "findings": dict(counts),
        "steps": {step.name: step.status.value for step in report.steps},
    }
    name = report.started.replace(":", "").replace("+0000", "Z")
    write_atomically(history / f"{name}.json", json.dumps(entry) + "\n")
    for stale in sorted(history.glob("*.json"))[:-KEPT_RUNS]:
        stale.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_run = isinstance(run, dict) and "started" in run
    counted = is_run and all(isinstance(run.get(key), dict) for key in ("findings", "steps"))
    return run if counted else None


# Another file may not take its place: a single file that is mounted, or in a folder of others'.
_IN_PLACE_ONLY: Final = {errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS}


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all: on a full disk, what is there stays.

    Where another file may not take its place, it is written as it stands.

    Raises:
        UserError: It is a folder.
        OSError: It cannot be written; with its name.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder; name a file to write.")
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve()  # a link stays one
    draft = target.with_name(f".{path.name}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        if error.errno not in _IN_PLACE_ONLY or not target.is_file():
            raise OSError(error.errno, error.strerror, str(path)) from None
        path.write_text(text, encoding="utf-8")
