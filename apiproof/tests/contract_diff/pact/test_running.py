import json
import subprocess
import sys
from pathlib import Path

import pytest

from apiproof.contract_diff.pact import Outcome, examine, run
from tests.contract_diff.pact.corpus_cases import CASES, CORPUS, document
from tests.contract_diff.pact.exchanges import serving

SHOP = CORPUS / "documents" / "shop.json"
ZOO = CORPUS / "documents" / "zoo.json"
GOOD = CORPUS / "good" / "shop-matchers.json"
BAD = CORPUS / "bad" / "shop-tuple.json"


def test_good_pact_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([GOOD], SHOP) == 0
    assert "passed: 3 interactions of 1 pact compared, 0 errors" in capsys.readouterr().out


def test_bad_pact_exits_with_1_and_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([GOOD, BAD], SHOP) == 1
    shown = capsys.readouterr().out.replace("\n", "")
    assert "response-body-type" in shown
    assert "failed: 4 interactions of 2 pacts compared, 1 error" in shown


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("absent.json", None, "name a pact file that exists"),
        ("empty.json", "", "the file is empty"),
        ("text.json", "hello", "not JSON"),
        ("binary.json", "\udcff", "not UTF-8 text"),
        ("list.json", "[]", "not a pact at $ (a list, not an object)"),
        ("openapi.json", '{"openapi": "3.1.0"}', "not a pact at $.consumer.name (missing)"),
        (
            "nothing.json",
            '{"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": []}',
            "expects nothing",
        ),
        (
            "half.json",
            '{"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": [{}]}',
            "not a pact at $.interactions[0].request (missing)",
        ),
    ],
)
def test_unusable_pact_exits_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None, reason: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    assert run([path], SHOP, format="json") == 2
    line = capsys.readouterr().err.strip()
    assert "\n" not in line
    assert name in line
    assert reason in line


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ('{"swagger": "2.0"}', "Swagger 2.0"),
        ('{"openapi": "3.1.0", "paths": {}}', "no paths"),
        ('{"openapi": "3.1.0", "paths": {"/a": {"get": []}}}', "#/paths/~1a/get"),
        ('{"openapi": "3.1.0", "paths": {"/track": {"$ref": "#/nowhere"}}}', "leads nowhere"),
        ('{"openapi": "3.1.0", "paths": {"/track": {"$ref": "a.json#/b"}}}', "bundle it"),
        ('{"openapi": "3.1.0", "paths": {"/track": {"$ref": "#/paths/~1track"}}}', "in a circle"),
    ],
)
def test_unusable_document_exits_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    path = tmp_path / "openapi.json"
    path.write_text(text)
    assert run([BAD], path, format="json") == 2
    line = capsys.readouterr().err.strip()
    assert "\n" not in line
    assert reason in line


def test_directory_without_pacts_proves_nothing(tmp_path: Path) -> None:
    assert run([tmp_path], SHOP) == 2


def test_directory_stands_for_the_pacts_in_it() -> None:
    outcome = examine([CORPUS / "bad"], ZOO)
    assert len(outcome.pacts) == sum(not case.is_good for case in CASES)


def test_messages_are_out_of_scope_and_prove_nothing(tmp_path: Path) -> None:
    message = {"type": "Asynchronous/Messages", "description": "an event"}
    pact = {"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": [message]}
    path = tmp_path / "messages.json"
    path.write_text(json.dumps(pact))
    outcome = examine([path], SHOP)
    assert outcome.exit_code == 2
    assert "Asynchronous/Messages" in outcome.out_of_scope[0]


def test_json_report_goes_to_a_file(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert run([BAD], SHOP, format="json", output=report) == 1
    written = json.loads(report.read_text())
    assert written["result"] == "failed"
    assert written["interactions"] == 1
    assert written["findings"][0]["where"] == "$.interactions[0].response.body[1]"


def test_yaml_document_is_read(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is optional: only for documents in YAML")
    path = tmp_path / "openapi.yaml"
    path.write_text(yaml.safe_dump(dict(document("shop"))))
    assert run([GOOD], path) == 0


def test_nothing_compared_is_not_passed() -> None:
    assert Outcome().exit_code == 2


@pytest.mark.parametrize("pending", [False, True])
def test_interactions_alike_that_are_not_compared_are_not_passed(
    tmp_path: Path,
    pending: bool,  # noqa: FBT001 - a table's column
) -> None:
    body = {"content": "x", "contentType": "application/x-unknown"}
    asked = {
        "type": "Synchronous/HTTP",
        "description": "the same words",
        "pending": pending,
        "request": {"method": "GET", "path": "/thing"},
        "response": {"status": 200, "body": body},
    }
    pact = {"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": [asked, asked]}
    pact["metadata"] = {"pactSpecification": {"version": "4.0"}}
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(pact))
    content = {"application/x-unknown": {"schema": {"type": "object"}}}
    openapi = serving({"responses": {"200": {"description": "", "content": content}}})
    (tmp_path / "openapi.yaml").write_text(json.dumps(openapi))
    outcome = examine([tmp_path], tmp_path / "openapi.yaml")
    assert (outcome.interactions, outcome.in_part, outcome.exit_code) == (4, 4, 2)


def test_secrets_stay_out_of_reports(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run([CORPUS / "bad"], CORPUS / "documents" / "randomizer.json", format="json", output=report)
    text = report.read_text()
    assert "correct horse" not in text
    assert "eyJ" not in text


def test_compare_needs_neither_app_nor_cloud_nor_database() -> None:
    script = (
        "import sys, apiproof.contract_diff.pact\n"
        "heavy = {'api', 'moto', 'boto3', 'psycopg2', 'pact', 'pact_ffi', 'fastapi', 'sqlmodel',"
        " 'schemathesis', 'hypothesis', 'uvicorn', 'pytest'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own text
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
