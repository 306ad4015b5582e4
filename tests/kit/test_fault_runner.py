"""What is prepared once for all experiments, in a process that has not imported the service yet."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
PREPARING = """
import json, sys
from dataclasses import replace
from pathlib import Path

from apiproof.cognito import keys
from apiproof.environment import Environment
from apiproof.faults.experiment_result import ExperimentResults
from apiproof.faults.runner import PreparationFailed, Runner, prepared
from apiproof.faults.study import Study
from apiproof.fork_pool import run_one_forked
from apiproof.result_lines import JsonLines
from apiproof.service import load_service


def opened(shared, send):
    before, made = set(sys.modules), []
    generate = keys.rsa.generate_private_key
    keys.rsa.generate_private_key = lambda **how: made.append(how) or generate(**how)
    database = shared.server.clone(shared.template)
    with Environment.open(load_service(shared.service), database=database) as env:
        env.new_account()
    send({"keys": len(made), "new": sorted(set(sys.modules) - before)})


def opening(shared):
    results = ExperimentResults(JsonLines(Path(sys.argv[1]), ""))
    try:
        return sorted(Runner(Study((), ()), shared, results).with_opening().shared.opening)
    except PreparationFailed as error:
        return str(error)


with prepared(Study((), ()), "tests.service:SERVICE") as shared:
    child = run_one_forked("opened", lambda send: opened(shared, send), 60)
    print(json.dumps({
        **child.messages[0], "failure": child.failure, "here": sorted(sys.modules),
        "opening": opening(shared), "nowhere": opening(replace(shared, service="nowhere:SERVICE")),
    }))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process said that prepared for experiments on this service."""
    results = str(tmp_path_factory.mktemp("prepared") / "results.jsonl")
    command = [sys.executable, "-c", PREPARING, results]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert not said["failure"]
    return said


def test_what_opening_an_environment_enters_matters_to_every_test(told: dict[str, Any]) -> None:
    found = set(told["opening"])
    assert {"api/app.py:create_app", "api/database.py:build_engine"} <= found
    assert not [name for name in found if "service.py" in name and "<module>" not in name]


def test_a_service_that_is_nowhere_is_one_line(told: dict[str, Any]) -> None:
    assert "nowhere:SERVICE" in told["nowhere"]
    assert "\n" not in told["nowhere"]


def test_each_process_of_a_study_has_the_libraries_and_none_of_the_service(
    told: dict[str, Any],
) -> None:
    packages = {name.partition(".")[0] for name in told["here"]}
    assert not packages & {"api", "tests"}  # something is to be planted in them
    fresh = {name.partition(".")[0] for name in told["new"]}
    assert {"api", "tests"} <= fresh <= {"api", "tests", "apiproof", "encodings"}


def test_no_process_of_a_study_makes_keys(told: dict[str, Any]) -> None:
    assert told["keys"] == 0
