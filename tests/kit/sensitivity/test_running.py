"""What is prepared once for all experiments."""

from pathlib import Path

import pytest

from understudy.postgres import PostgresServer
from understudy.sensitivity.experiment import Ground
from understudy.sensitivity.ledger import Lines, Outcomes
from understudy.sensitivity.running import PreparationFailed, Runner
from understudy.sensitivity.study import Study
from understudy.subject import Subject


def runner(server: PostgresServer, subject: Subject, name: str, folder: Path) -> Runner:
    template = server.template(subject.schema_version, subject.migrate)
    ground = Ground(server, template, name)
    outcomes = Outcomes(Lines(folder / "outcomes.jsonl", ""))
    return Runner(Study(defects=(), layers=()), ground, outcomes)


def test_what_opening_a_world_enters_matters_to_every_test(
    subject: Subject, tmp_path: Path
) -> None:
    with PostgresServer.start() as server:
        found = runner(server, subject, "tests.subject:SUBJECT", tmp_path).aware().ground.opening
    assert {"api/app.py:create_app", "api/database.py:build_engine"} <= found
    entered = {name for name in found if not name.endswith(":<module>")}
    assert not [name for name in entered if "service.py" in name]


def test_a_subject_that_is_nowhere_is_one_line(subject: Subject, tmp_path: Path) -> None:
    with PostgresServer.start() as server, pytest.raises(PreparationFailed) as refused:
        runner(server, subject, "nowhere:SUBJECT", tmp_path).aware()
    assert "nowhere:SUBJECT" in str(refused.value)
    assert "\n" not in str(refused.value)
