"""The command's exit codes and output: 0 harmless, 1 breaking, 2 could not tell."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from apiproof.cli import main
from apiproof.contract_diff.document.run import DiffOptions, Format, run
from tests.contract_diff.document.corpus import CASES_BY_ID

ODD = {"name": "a", "in": "query", "schema": {"type": 1}}
WITH_ODD_TYPE = {"openapi": "3.1.0", "paths": {"/a": {"get": {"parameters": [ODD]}}}}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    breaking, harmless = CASES_BY_ID["path-removed"], CASES_BY_ID["texts-edited"]
    documents = {"old": breaking.old, "breaking": breaking.new, "harmless": harmless.new}
    paths = {name: tmp_path / f"{name}.json" for name in documents}
    for name, document in documents.items():
        paths[name].write_text(json.dumps(document))
    return paths


def outcome(old: Path, new: Path, pacts: Path | None = None, form: Format = "text") -> Any:
    """Return the exit code and what was printed."""
    stream = io.StringIO()
    options = DiffOptions(pacts=pacts, format=form)
    code = run(old, new, options, console=Console(file=stream, width=200, highlight=False))
    return code, stream.getvalue()


def test_only_the_command_line_keeps_a_result_for_the_next_report(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reports").mkdir()
    monkeypatch.chdir(tmp_path)
    outcome(files["old"], files["breaking"])
    assert list((tmp_path / "reports").iterdir()) == []
    with pytest.raises(SystemExit):
        main(["openapi", "diff", str(files["old"]), str(files["breaking"])])
    assert list((tmp_path / "reports" / "steps").iterdir())


def test_harmless_documents_exit_with_0(files: dict[str, Path]) -> None:
    code, text = outcome(files["old"], files["harmless"])
    assert (code, text) == (0, "0 breaking, 0 warnings, 0 harmless changes.\n")


def test_breaking_documents_exit_with_1_and_name_the_change(files: dict[str, Path]) -> None:
    code, text = outcome(files["old"], files["breaking"])
    assert code == 1
    assert "error operation-removed: POST /trees was removed. [" in text


def test_json_output_holds_rules_and_pointers(files: dict[str, Path]) -> None:
    code, text = outcome(files["old"], files["breaking"], None, "json")
    report = json.loads(text)
    assert (code, report["breaking"]) == (1, 1)
    assert report["changes"][0]["old_pointer"] == "/paths/~1trees/post"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("absent.json", None, "absent.json; name a file or a URL"),
        ("text.json", "{", "not JSON"),
        ("list.json", "[]", "expected an OpenAPI object"),
        ("swagger.json", '{"swagger": "2.0"}', "got Swagger 2.0"),
        (
            "dangling.json",
            '{"openapi": "3.1.0", "paths": {"/a": {"$ref": "#/nowhere"}}}',
            "#/nowhere leads nowhere",
        ),
        (
            "malformed.json",
            json.dumps(WITH_ODD_TYPE),
            "type at #/paths/~1a/get/parameters/0/schema/type cannot be 1",
        ),
    ],
)
def test_unusable_document_exits_with_2_and_one_line(
    tmp_path: Path, name: str, content: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    code, text = outcome(tmp_path / name, tmp_path / name)
    assert code == 2
    assert told in text
    assert text.count("\n") == 1


def test_directory_without_pacts_exits_with_2(files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "pacts").mkdir()
    code, text = outcome(files["old"], files["breaking"], tmp_path / "pacts")
    assert code == 2
    assert "no pact files" in text


def test_pacts_that_call_nothing_of_the_document_exit_with_2(
    files: dict[str, Path], tmp_path: Path
) -> None:
    request = {"method": "GET", "path": "/elsewhere"}
    pact = {
        "consumer": {"name": "cli"},
        "provider": {"name": "other"},
        "interactions": [{"description": "a", "request": request, "response": {"status": 200}}],
    }
    (tmp_path / "cli.json").write_text(json.dumps(pact))
    code, text = outcome(files["old"], files["breaking"], tmp_path / "cli.json")
    assert code == 2
    assert "no interaction calls an operation" in text
