"""What is prepared once for all experiments."""

from pathlib import Path

import pytest

from apiproof.faults.experiment import SharedEnvironment
from apiproof.faults.experiment_result import ExperimentResults
from apiproof.faults.runner import PreparationFailed, Runner
from apiproof.faults.study import Study
from apiproof.postgres import PostgresServer
from apiproof.result_lines import Lines
from apiproof.service import Service


def runner(server: PostgresServer, service: Service, name: str, folder: Path) -> Runner:
    template = server.template(service.schema_version, service.migrate)
    shared = SharedEnvironment(server, template, name)
    outcomes = ExperimentResults(Lines(folder / "outcomes.jsonl", ""))
    return Runner(Study(defects=(), layers=()), shared, outcomes)


def test_what_opening_an_environment_enters_matters_to_every_test(
    service: Service, tmp_path: Path
) -> None:
    with PostgresServer.start() as server:
        found = (
            runner(server, service, "tests.service:SERVICE", tmp_path).with_opening().shared.opening
        )
    assert {"api/app.py:create_app", "api/database.py:build_engine"} <= found
    entered = {name for name in found if not name.endswith(":<module>")}
    assert not [name for name in entered if "service.py" in name]


def test_a_subject_that_is_nowhere_is_one_line(service: Service, tmp_path: Path) -> None:
    with PostgresServer.start() as server, pytest.raises(PreparationFailed) as refused:
        runner(server, service, "nowhere:SERVICE", tmp_path).with_opening()
    assert "nowhere:SERVICE" in str(refused.value)
    assert "\n" not in str(refused.value)
