"""Jobs on a real Dask cluster of processes: nothing is lost, and no result comes twice."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from apiproof.cluster import ClusterUnreachable, Job, SourcesDiffer, connected, done_by
from tests.dask_processes import scheduler_at, worker

QUIET = {"DASK_DISTRIBUTED__ADMIN__LOG_FORMAT": "%(message)s"}


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    with scheduler_at(tmp_path) as address:
        yield address


WORK = """
import os, pathlib

def note(arguments):
    with pathlib.Path(arguments["log"]).open("a") as file:
        file.write(f"{arguments['number']} {os.getppid()}\\n")
    if arguments["number"] == 2 and (fifos := arguments["fifos"]):
        pathlib.Path(fifos[0]).write_text(str(os.getppid()))  # until somebody reads it
        pathlib.Path(fifos[1]).read_text()  # until somebody writes it
    return {"number": arguments["number"]}

def fails(arguments):
    raise ValueError("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.aHVudGVyMmh1bnRlcjI")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "work.py").write_text(WORK, encoding="utf-8")
    return tmp_path


def jobs(project: Path, count: int, fifos: list[str] | None = None) -> Iterator[Job]:
    for number in range(count):
        arguments = {"number": number, "log": str(project / "log"), "fifos": fifos}
        yield Job(f"job {number}", "work:note", arguments)


def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(
    project: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    begun, go = project / "begun", project / "go"
    os.mkfifo(begun)
    os.mkfifo(go)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(worker(scheduler, project))
        client = stack.enter_context(connected(scheduler))
        run = done_by(client, jobs(project, 8, [str(begun), str(go)]), ["work.py"])
        results: list[Any] = [next(run)]
        os.kill(int(begun.read_text()), signal.SIGKILL)  # the worker, in the middle of a job
        begun.read_text()  # another one has begun it anew
        go.write_text("on")
        results += run
    assert [result.failure for result in results] == [""] * 8
    assert sorted(result.value["number"] for result in results) == list(range(8))
    started = [int(line.split()[0]) for line in (project / "log").read_text().splitlines()]
    assert started.count(2) == 2, "it was in the middle of it"


def test_a_job_that_fails_is_a_result_without_secrets(
    project: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    with worker(scheduler, project), connected(scheduler) as client:
        [result] = done_by(client, iter([Job("it", "work:fails", {})]), ["work.py"])
    assert result.value is None
    assert "ValueError" in result.failure
    assert "eyJ" not in result.failure


def test_a_worker_with_other_sources_is_refused(
    project: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "here").mkdir()
    (project / "here" / "work.py").write_text(WORK + "# newer\n", encoding="utf-8")
    monkeypatch.chdir(project / "here")
    with worker(scheduler, project), connected(scheduler) as client:
        run = done_by(client, jobs(project, 1), ["work.py"])
        with pytest.raises(SourcesDiffer, match="same commit"):
            next(run)


def test_a_cluster_without_workers_is_refused(scheduler: str) -> None:
    with connected(scheduler) as client, pytest.raises(ClusterUnreachable, match="dask worker"):
        next(done_by(client, iter([]), []))


@pytest.mark.parametrize("address", ["local:0", "local:many", "tcp://127.0.0.1:9"])
def test_addresses_that_lead_nowhere_are_one_line(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apiproof.cluster._REACHED_WITHIN", "500ms")
    with pytest.raises(ClusterUnreachable) as raised, connected(address):
        pass
    assert "\n" not in str(raised.value)
