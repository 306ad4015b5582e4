"""Schemathesis in the process of the application: no socket, and nothing waits without an end."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from schemathesis.config import ProjectConfig
from schemathesis.engine.context import make_session
from schemathesis.transport.requests import SameHostRedirectsSession

from apiproof.fuzzing.shard_result import read_result
from apiproof.fuzzing.shard_runs import ShardTask
from apiproof.fuzzing.step import read_events
from tests.fuzzing.command import KIT, fuzz

FEW = ("--max-examples", "3", "--phases", "fuzzing")


def test_schemathesis_sends_by_the_session_that_is_replaced() -> None:
    """If this fails, Schemathesis has another session class: see `in_process`."""
    assert isinstance(make_session(ProjectConfig()), SameHostRedirectsSession)
    assert issubclass(SameHostRedirectsSession, requests.Session)
    assert "__init__" not in vars(SameHostRedirectsSession), "it inherits the one that is wrapped"


def run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return fuzz(folder, *words, environment={"PATH": "/usr/bin:/bin"})


def test_a_shard_needs_no_socket(tmp_path: Path) -> None:
    (tmp_path / "alone.py").write_text(
        "import socket\n"
        "from tests.apps.fuzzed import SERVICE as SERVICE\n"
        "def refused(*_):\n"
        "    raise OSError('no socket is needed')\n"
        "socket.socket.connect = refused\n",
        encoding="utf-8",
    )
    done = run(tmp_path, "--service", "alone:SERVICE", "--shard", "1/1", *FEW, "--seed", "1")
    assert "generated" in done.stdout, done.stdout + done.stderr
    assert done.returncode in {0, 1}
    assert "no socket is needed" not in done.stdout + done.stderr
    assert not (tmp_path / "reports" / ".document.json").exists()


def test_what_is_recorded_is_what_schemathesis_own_report_has(tmp_path: Path) -> None:
    report, result = tmp_path / "events.ndjson", tmp_path / "result.json"
    words = ("--service", "tests.apps.fuzzed:SERVICE", "--shard", "1/1", "--seed", "1")
    done = run(tmp_path, *words, "--result", str(result), "--report-ndjson-path", str(report))
    recorded = read_result(result)
    assert recorded is not None, done.stdout + done.stderr
    written = read_events(report)
    assert written.findings, "an application with faults"
    assert written.scenarios
    recorded.events.warnings = {}  # that report has none
    assert recorded.events == written


ENDS = """
import os
from fastapi import FastAPI
from apiproof.service import Service

app = FastAPI()

@app.get("/fine")
def fine() -> int:
    return 1

@app.get("/ends")
def ends() -> int:
    import sys
    if "--served" not in sys.argv:
        os._exit(3)
    return 1

SERVICE = Service(app, name="ends", database=False)
"""


def test_a_shard_that_ends_its_process_is_served(tmp_path: Path) -> None:
    (tmp_path / "ends.py").write_text(ENDS, encoding="utf-8")
    done = run(tmp_path, "--service", "ends:SERVICE", "--workers", "1", *FEW)
    assert "gave no result, so it is served now" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr


ELSEWHERE = """
import sys
from pathlib import Path

from apiproof.service import Service

sys.modules["fastapi"] = None  # not in the kit's environment, as it may be in the application's
SERVICE = Service("rooms_app:app", name="rooms", database=False, python=Path(sys.executable))
"""
ROOMS = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/rooms/{number}")
def read_room(number: int) -> int:
    return number
"""


REPORTING = """
[reports]
directory = "reports"
[reports.junit]
path = "reports/junit.xml"
[reports.har]
path = "reports/fuzz.har"
"""


def test_an_application_in_an_environment_of_its_own_is_fuzzed(tmp_path: Path) -> None:
    """And its shards write none of the configured reports: they would write the same files.

    They would be written with what only the end hides, too.
    """
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE, encoding="utf-8")
    (tmp_path / "rooms_app.py").write_text(ROOMS, encoding="utf-8")
    (tmp_path / "schemathesis.toml").write_text(REPORTING, encoding="utf-8")
    done = run(tmp_path, "--service", "elsewhere:SERVICE", "--workers", "1", *FEW)
    assert "not installed" not in done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list((tmp_path / "reports").rglob("*.har"))
    assert not (tmp_path / "reports" / "junit.xml").exists()


HANGS = ENDS.replace("os._exit(3)", "__import__('threading').Event().wait()")


def test_an_application_that_never_answers_is_named(tmp_path: Path) -> None:
    (tmp_path / "hangs.py").write_text(
        HANGS + "\nfrom apiproof.fuzzing import in_process\nin_process.REQUEST_TIMEOUT = 0.5\n",
        encoding="utf-8",
    )
    done = run(tmp_path, "--service", "hangs:SERVICE", "--shard", "1/1", *FEW)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "No answer to GET /ends within" in done.stderr
    assert "--served" in done.stderr


SLOW = ENDS.replace("os._exit(3)", "__import__('threading').Event().wait(5)")


def test_an_interrupted_run_reports_what_it_found(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    words = ("--service", "slow:SERVICE", "--workers", "2", *FEW)
    with subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "apiproof", "fuzz", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(KIT), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        while not re.search(r"shard \d/4: passed in .* [1-9]\d* requests?\b", said):
            line = process.stdout.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=60)[0]
    assert process.returncode == 2, said
    assert "interrupted: this is what was found until then" in " ".join(said.split()), said
    [step] = json.loads((tmp_path / "reports" / "report.json").read_text("utf-8"))["steps"]
    assert step["evidence"]["requests"]


def test_results_of_an_older_run_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    task = ShardTask("tests.apps.fuzzed:SERVICE", "1/1")
    task.prepare()
    task.result.write_text("{}", encoding="utf-8")
    task.prepare()
    assert not task.result.exists()
