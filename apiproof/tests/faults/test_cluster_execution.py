"""Experiments on a real Dask cluster: what they say is what they say here, whoever is lost."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.dask_processes import KIT, scheduler_at, worker

DOORS = """
def opened() -> bool:
    return 1 > 2


def width() -> int:
    return 7


def height() -> int:
    return 20
"""
HOUSE = """
from fastapi import FastAPI
from apiproof.service import Service


def application():
    import doors

    app = FastAPI()
    app.get("/opened")(lambda: doors.opened())
    app.get("/width")(lambda: doors.width())
    app.get("/height")(lambda: doors.height())
    return app


SERVICE = Service(
    application, name="house", database=False, make_document=lambda: application().openapi()
)
"""
STUDY = """
import os
from dataclasses import dataclass
from pathlib import Path

from apiproof.faults import Study
from apiproof.faults.injection import Defect, Rewrite


@dataclass(frozen=True)
class Look:
    name: str
    expected: object
    ours: bool = True

    def claiming(self, checks):
        return self if self.name in checks else None

    def parts(self, count):
        return (self,)

    def examine(self, context, observer):
        if observer.wants((self.name,)):
            found = context.env.client.get(f"/{self.name}").json()
            if found == 8 and Path("begun").exists():
                hold()
            if found != self.expected:
                observer.found((self.name,), f"/{self.name}", str(found))
            observer.passed(f"/{self.name}")


def hold():
    job = os.getppid()
    worker = Path(f"/proc/{job}/stat").read_text().rpartition(")")[2].split()[1]
    Path("begun").write_text(worker)  # until somebody reads it
    Path("go").read_text()  # until somebody writes it


def defect(name, before, after):
    rewrites = (Rewrite("doors", before, after),)
    return Defect(name, name, "doors", "CWE-1", "", rewrites, (name.partition("-")[0],))


STUDY = Study(
    defects=(
        defect("opened-always", "1 > 2", "1 < 2"),
        defect("width-more", "7", "8"),
        defect("width-same", "return 7", "return 3 + 4"),
        defect("height-less", "20", "19"),
    ),
    layers=(Look("opened", False), Look("width", 7), Look("height", 20)),
    sources=("doors", "house.py", "house_study.py"),
    seeds=(0,),
    package=Path("doors"),
    judges=("opened", "width", "height"),
)
"""
NAMED = ("--study", "house_study:STUDY", "--service", "house:SERVICE")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "doors").mkdir()
    for name, text in {
        "doors/__init__.py": DOORS, "house.py": HOUSE, "house_study.py": STUDY,
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def faults(folder: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "apiproof", "faults", *words, *NAMED],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}{os.pathsep}{KIT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def matrix(folder: Path) -> dict[str, list[tuple[str, Any]]]:
    """What each layer said of each defect, as a run kept it; no defect may be there twice."""
    lines = (folder / "outcomes.jsonl").read_text("utf-8").splitlines()[1:]
    outcomes = [json.loads(line) for line in lines]
    assert len({outcome["name"] for outcome in outcomes}) == len(outcomes)
    return {
        outcome["name"]: [
            (each["layer"], each["first"] and (each["first"]["where"], each["first"]["text"]))
            for each in outcome["verdicts"]
        ]
        for outcome in outcomes
    }


EXPECTED = {
    "opened-always": {"opened": ("/opened", "True"), "width": None, "height": None},
    "width-more": {"opened": None, "width": ("/width", "8"), "height": None},
    "width-same": {"opened": None, "width": None, "height": None},
    "height-less": {"opened": None, "width": None, "height": ("/height", "19")},
}


@pytest.mark.timeout(240)
def test_a_worker_that_is_killed_changes_nothing_in_the_matrix(project: Path) -> None:
    begun, go = project / "begun", project / "go"
    os.mkfifo(begun)
    os.mkfifo(go)
    with ExitStack() as stack:
        scheduler = stack.enter_context(scheduler_at(project))
        for _ in range(2):
            stack.enter_context(worker(scheduler, project))
        words = ("run", "-k", "-", "--reports", "there", "--cluster", scheduler)
        there = stack.enter_context(faults(project, *words))
        os.kill(int(begun.read_text()), signal.SIGKILL)  # the worker, in the middle of a job
        begun.read_text()  # another one has begun it anew
        go.write_text("on")
        said, _ = there.communicate()
    assert there.returncode == 1, said  # one defect is none, so that nobody catches it
    found = {name: dict(verdicts) for name, verdicts in matrix(project / "there").items()}
    assert found == EXPECTED
    orders = {tuple(layer for layer, _ in each) for each in matrix(project / "there").values()}
    assert orders == {("opened", "width", "height")}


@pytest.mark.timeout(240)
def test_mutants_fare_on_a_cluster_as_they_do_here(project: Path) -> None:
    statuses = []
    for words in (("--reports", "here"), ("--reports", "there", "--cluster", "local:1")):
        process = faults(project, "mutate", "--sample", "4", *words)
        said, _ = process.communicate()
        assert process.returncode in {0, 1}, said
        report = json.loads((project / words[1] / "mutation.json").read_text("utf-8"))
        statuses.append({each["id"]: each["status"] for each in map(named, report["mutants"])})
    assert statuses[0] == statuses[1]
    assert "killed" in statuses[0].values()


def named(mutant: dict[str, Any]) -> dict[str, Any]:
    return {**mutant, "id": f"{mutant['path']}:{mutant['line']} {mutant['after']}"}


FAILS = """
import sys
if "apiproof.cluster_job" in sys.orig_argv:
    raise OSError("no such study")
"""


def test_a_job_that_fails_is_an_error_that_says_so(project: Path) -> None:
    (project / "house_study.py").write_text(FAILS + STUDY, encoding="utf-8")
    process = faults(project, "run", "--cluster", "local:1")
    said, _ = process.communicate()
    assert process.returncode == 2, said
    assert "1 jobs failed; run it again" in " ".join(said.split())
    assert "no such study" in said
