"""Shards: every operation is some shard's and only one's; all together find what one run finds."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from schemathesis import Config, GenerationMode
from schemathesis.config import GenerationConfig
from schemathesis.core.result import Ok
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.schemas import OpenApiSchema

from apiproof.errors import UserError
from apiproof.fuzzing.shard_result import ShardResult
from apiproof.fuzzing.shard_runs import ShardTask, alone_in, run_task
from apiproof.fuzzing.shards import Shard, labels_of, limit, shards
from apiproof.fuzzing.step import Events, as_step
from apiproof.openapi.document import operations
from apiproof.reporting import Status
from tests.apps.fuzzed import app
from tests.fuzzing.command import fuzz

DOCUMENT: dict[str, Any] = app.openapi()
LABELS = {operation.label for operation in operations(DOCUMENT)}
SERVICE = "tests.apps.fuzzed:SERVICE"


@pytest.mark.parametrize("text", ["1/1", "2/4", "4/4", "stateful"])
def test_a_shard_is_written_as_it_is_read(text: str) -> None:
    assert str(Shard.parse(text)) == text


@pytest.mark.parametrize("text", ["", "0/2", "3/2", "1/0", "1", "1/2/3", "-1/2", "¹/2", "all"])
def test_what_is_no_shard_is_one_line(text: str) -> None:
    with pytest.raises(UserError, match=r"is no shard: say 2/4"):
        Shard.parse(text)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_operation_is_in_one_shard(count: int) -> None:
    parts = [labels_of(shard, DOCUMENT) for shard in shards(count)]
    assert len(parts) == (count + 1 if count > 1 else 1)
    assert sorted(label for part in parts for label in part) == sorted(LABELS)
    assert [labels_of(shard, json.loads(json.dumps(DOCUMENT))) for shard in shards(count)] == parts


@pytest.mark.parametrize("count", [2, 3, 7])
def test_the_part_that_cannot_be_divided_begins_first(count: int) -> None:
    """Begun last, it had one process to itself while the others were done."""
    assert [shard.is_stateful for shard in shards(count)] == [True, *[False] * count]


@pytest.mark.parametrize("count", [2, 3, 7])
def test_what_works_on_the_same_objects_stays_together(count: int) -> None:
    parts = [labels_of(shard, DOCUMENT) for shard in shards(count)]
    [part] = [part for part in parts if "POST /things" in part]
    assert "GET /things/{number}" in part
    assert "GET /colours/{name}" not in part


def test_a_recursive_document_is_shared_out() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/nodes": {"post": {"requestBody": body, "responses": {"200": {}}}}},
        "components": {"schemas": {"Node": node}},
    }
    assert labels_of(Shard(1, 2), document) | labels_of(Shard(2, 2), document) == {"POST /nodes"}


def limited(shard: Shard, **filters: Any) -> OpenApiSchema:
    """The document as the command line would have it for a shard."""
    schema = from_dict(DOCUMENT, config=Config())
    limit(schema, shard)
    nothing: dict[str, Any] = {"exclude_deprecated": False, "include_by": None, "exclude_by": None}
    for how in ("include", "exclude"):
        for what in ("path", "method", "name", "tag", "operation_id"):
            nothing |= {f"{how}_{what}": (), f"{how}_{what}_regex": None}
    schema.filter_set = schema.config.operations.create_filter_set(**{**nothing, **filters})
    return schema


def chosen(schema: OpenApiSchema) -> list[Any]:
    """The operations that a run would test."""
    return [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]


def selected(shard: Shard, **filters: Any) -> set[str]:
    """The labels of the operations that a run of the command line would test."""
    return {operation.label for operation in chosen(limited(shard, **filters))}


def methods(schema: OpenApiSchema) -> list[tuple[str, str]]:
    """The paths and the methods of what is sent beyond what the document declares."""
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    return [
        (operation.path, case.method)
        for operation in chosen(schema)
        for case in schema.iter_coverage_cases(
            operation, generation_modes=modes, generation_config=GenerationConfig()
        )
        if case.method != operation.method.upper()
    ]


def test_methods_that_a_path_does_not_declare_are_tried_by_whoever_has_it() -> None:
    whole = methods(limited(Shard(1, 1)))
    assert {path for path, _ in whole} == {operation.path for operation in operations(DOCUMENT)}
    assert sorted(whole) == sorted(methods(from_dict(DOCUMENT, config=Config())))
    parts = [methods(limited(shard)) for shard in shards(2)[1:]]
    assert sorted(each for part in parts for each in part) == sorted(whole)


def test_a_run_keeps_to_its_shard() -> None:
    for shard in shards(2)[1:]:
        assert selected(shard) == labels_of(shard, DOCUMENT)
    assert selected(Shard(0, 1)) == LABELS


def test_the_users_own_choice_of_operations_holds_within_a_shard() -> None:
    parts = [
        selected(shard, include_name=("GET /health", "POST /things")) for shard in shards(2)[1:]
    ]
    assert sorted(label for part in parts for label in part) == ["GET /health", "POST /things"]


def test_the_phases_are_shared_out() -> None:
    schema = from_dict(DOCUMENT, config=Config())
    limit(schema, Shard(1, 2))
    enabled = {
        name: schema.config.phases.get_by_name(name=name).enabled
        for name in ("examples", "coverage", "fuzzing", "stateful")
    }
    assert enabled == {"examples": True, "coverage": True, "fuzzing": True, "stateful": False}
    schema = from_dict(DOCUMENT, config=Config())
    limit(schema, Shard(0, 1))
    assert [
        schema.config.phases.get_by_name(name=name).enabled for name in ("fuzzing", "stateful")
    ] == [False, True]


def test_one_process_does_all_phases() -> None:
    """Its stateful phase walks on from what the others were answered."""
    schema = limited(Shard(1, 1))
    names = ("examples", "coverage", "fuzzing", "stateful")
    assert all(schema.config.phases.get_by_name(name=name).enabled for name in names)
    assert {operation.label for operation in chosen(schema)} == LABELS


def test_results_are_put_together() -> None:
    whole = ShardResult("all")
    first = ShardResult("1/2", 0, coverage=[("a", 200, True, 2)], seconds=1)
    first.events.cases["fuzzing"] = 3
    first.events.phases["fuzzing"] = "success"
    second = ShardResult("2/2", 1, coverage=[("a", 200, True, 5), ("b", 404, False, 1)])
    second.events.cases["fuzzing"] = 4
    second.events.phases["fuzzing"] = "failure"
    second.events.warnings["missing_auth"] = ["GET /b"]
    for part in (first, second, ShardResult("stateful", events=Events(phases={"fuzzing": "skip"}))):
        whole.add(part)
    assert whole.exit_code == 1
    assert sorted(whole.coverage) == [("a", 200, True, 7), ("b", 404, False, 1)]
    assert whole.events.cases["fuzzing"] == 7
    assert whole.events.phases == {"fuzzing": "failure"}
    assert whole.events.warnings == {"missing_auth": ["GET /b"]}


def test_a_process_without_a_result_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    task = ShardTask("tests.apps.nowhere:SERVICE", "1/2", reports=str(tmp_path))
    found = run_task(task)
    assert found.exit_code == 2
    assert "nowhere" in found.output
    assert found.line.startswith("shard 1/2: error")
    assert task.command == "apiproof fuzz --service tests.apps.nowhere:SERVICE --shard 1/2"


COMMAND = ("--service", SERVICE, "--max-examples", "10", "--generation-deterministic")


def fuzzed(folder: Path, workers: int) -> tuple[int, str, set[str]]:
    """Run the command; returns its exit code, its output and the findings' ids."""
    done = fuzz(folder, *COMMAND, "--continue-on-failure", "--workers", str(workers))
    path = folder / "reports" / "report.json"
    ids: set[str] = set()
    if path.is_file():
        for step in json.loads(path.read_text())["steps"]:
            ids |= {finding["id"] for finding in step["findings"]}
    return done.returncode, done.stdout + done.stderr, ids


def test_a_shard_that_has_nothing_of_what_was_chosen_is_no_error(tmp_path: Path) -> None:
    arguments = ("--include-name", "GET /health", "--phases", "fuzzing", "--max-examples", "3")
    results = {}
    for shard in ("1/2", "2/2"):
        task = ShardTask(SERVICE, shard, arguments, str(tmp_path / "reports"))
        results[shard] = run_task(task)
    assert {found.exit_code for found in results.values()} == {0}, results
    assert sorted(found.events.is_empty for found in results.values()) == [False, True]
    nobody = run_task(ShardTask(SERVICE, "1/1", ("--include-name", "GET /nope"), str(tmp_path)))
    step = as_step(nobody.events, nobody.exit_code)
    assert step.status is Status.ERROR, "nothing at all was looked at"


def test_two_workers_find_what_one_finds(tmp_path: Path) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    together.mkdir()
    code, output, found = fuzzed(alone, 1)
    assert code == 1, output
    assert "One process" in output
    assert len(re.findall(r"(?m)^shard ", output)) == 1, "nobody would take over what parts cost"
    code, output, ids = fuzzed(together, 2)
    assert code == 1, output
    broken = {label for label in LABELS if any(f"/{label}/" in name for name in ids)}
    assert broken == {"POST /things", "GET /colours/{name}"}
    assert ids == found
    assert "again: apiproof fuzz --service tests.apps.fuzzed:SERVICE --shard" in output


def test_a_second_run_in_the_same_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    """Each would take the other's results for its own, and write over its shards' output."""
    with alone_in(tmp_path / "reports" / "shards"):
        code, output, _ = fuzzed(tmp_path, 1)
    assert code == 2, output
    assert "Another run of fuzzing writes to reports/shards" in " ".join(output.split())
    assert "Traceback" not in output
    assert not list((tmp_path / "reports" / "shards").glob("*/*")), "it had begun"


def test_forked_shards_find_what_a_server_shows(tmp_path: Path) -> None:
    """The control of the two above: one process that serves the application."""
    done = fuzz(tmp_path, *COMMAND, "--continue-on-failure")
    assert done.returncode == 1, done.stdout + done.stderr
    broken = {label for label in LABELS if re.search(rf"_+ {re.escape(label)} _+", done.stdout)}
    assert broken == {"POST /things", "GET /colours/{name}"}
