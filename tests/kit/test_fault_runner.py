"""What is prepared once for all experiments, in a process that has not imported the service yet."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
OPENING = """
import json, sys
from pathlib import Path

from apiproof.faults.experiment import SharedEnvironment
from apiproof.faults.experiment_result import ExperimentResults
from apiproof.faults.runner import PreparationFailed, Runner
from apiproof.faults.study import Study
from apiproof.postgres import PostgresServer
from apiproof.result_lines import JsonLines

with PostgresServer.start() as server:
    template = server.template("empty", lambda url: None)
    shared = SharedEnvironment(server, template, sys.argv[1])
    results = ExperimentResults(JsonLines(Path(sys.argv[2]), ""))
    runner = Runner(Study(defects=(), layers=()), shared, results)
    try:
        print(json.dumps(sorted(runner.with_opening().shared.opening)))
    except PreparationFailed as error:
        print(json.dumps(str(error)))
"""


def opening(name: str, folder: Path) -> list[str] | str:
    """The functions that an environment of a service enters while it opens, or what went wrong."""
    command = [sys.executable, "-c", OPENING, name, str(folder / "results.jsonl")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    assert done.returncode == 0, done.stderr
    found: list[str] | str = json.loads(done.stdout)
    return found


@pytest.mark.timeout(120)  # two processes start
def test_what_opening_an_environment_enters_matters_to_every_test(tmp_path: Path) -> None:
    found = set(opening("tests.service:SERVICE", tmp_path))
    assert {"api/app.py:create_app", "api/database.py:build_engine"} <= found
    assert not [name for name in found if "service.py" in name and "<module>" not in name]


@pytest.mark.timeout(120)
def test_a_service_that_is_nowhere_is_one_line(tmp_path: Path) -> None:
    refused = str(opening("nowhere:SERVICE", tmp_path))
    assert "nowhere:SERVICE" in refused
    assert "\n" not in refused
