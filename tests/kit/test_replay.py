"""`apiproof replay`: a finding of a report, tried again at a fresh environment."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apiproof.cli import main
from apiproof.pacts.reading import load_pact
from apiproof.pacts.verify.report import as_step
from apiproof.pacts.verify.results import InteractionResult, InteractionStatus, PactResult
from apiproof.pacts.verify.results import Verification as PactVerification
from apiproof.reporting import (
    Finding,
    HttpRequest,
    HttpResponse,
    Severity,
    build_report,
    step_result,
)
from apiproof.reporting.store import write_report

ROOT = Path(__file__).parents[2]
WEB = ROOT / "pacts/randomizer-web--randomizer-api.json"


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def replay(report: Path, wanted: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["replay", wanted, "--report", str(report)])
    return int(ended.value.code or 0)


def sent(name: str, status: int, operation: str, target: str) -> Finding:
    """A finding about one request."""
    method = operation.split(maxsplit=1)[0]
    headers = {"Authorization": "Bearer $TOKEN", "Content-Type": "application/json"}
    request = HttpRequest(method, f"http://127.0.0.1:8000{target}", headers)
    return Finding(
        f"fuzzing/check/{operation}/{name}/{status}", "check", Severity.HIGH, operation, name,
        request=request, response=HttpResponse(status),
    )  # fmt: skip


@pytest.fixture
def report(tmp_path: Path) -> Path:
    probed = Finding(
        "access/forged_tokens_rejected/read_me/expired", "forged_tokens_rejected",
        Severity.CRITICAL, "GET /users/me", "an expired token was accepted",
    )  # fmt: skip
    findings = [
        sent("still there", 422, "GET /randoms", "/randoms?limit=-1"),
        sent("repaired", 500, "GET /randoms", "/randoms?limit=2"),
        sent("needs the token", 200, "GET /users/me", "/users/me"),
        probed,
    ]
    steps = [step_result("fuzzing", {"requests": 3}, findings)]
    write_report(build_report("x", datetime.now(UTC), steps), tmp_path)
    return tmp_path / "report.json"


@pytest.mark.parametrize(
    ("wanted", "code", "expected"),
    [
        ("fuzzing/check/GET /randoms/still there/422", 1, "reported 422, now 422"),
        ("still there", 1, "still there: still there"),
        ("repaired", 0, "reported 500, now 200"),
        ("needs the token", 1, "reported 200, now 200"),
        ("forged_tokens", 0, "gone: an expired token was accepted"),
    ],
)
def test_a_finding_is_tried_again(
    report: Path, capfd: pytest.CaptureFixture[str], wanted: str, code: int, expected: str
) -> None:
    assert replay(report, wanted) == code
    out = capfd.readouterr().out
    assert expected in out
    assert "eyJ" not in out  # a token


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("nothing such", "The report has no finding 'nothing such'; it begins with: "),
        ("fuzzing/", "means 3 findings"),
    ],
)
def test_what_means_no_finding_or_several_is_one_line(
    report: Path, capfd: pytest.CaptureFixture[str], wanted: str, expected: str
) -> None:
    assert replay(report, wanted) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert expected in captured.err
    assert captured.err.count("\n") == 1


def test_without_a_report_it_says_how_to_get_one(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert replay(tmp_path / "report.json", "x") == 2
    assert "`apiproof run` writes one" in capfd.readouterr().err


@pytest.mark.parametrize(("status", "code"), [(418, 1), (None, 0)])
def test_an_interaction_is_verified_again_with_its_states(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], status: int | None, code: int
) -> None:
    document = json.loads(WEB.read_text(encoding="utf-8"))
    document["interactions"] = document["interactions"][6:9]
    document["interactions"][1]["response"]["status"] = (
        status or document["interactions"][1]["response"]["status"]
    )
    path = tmp_path / "pact.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    interaction = load_pact(path).interactions[1]
    result = InteractionResult(interaction, InteractionStatus.FAILED, error="as it was")
    pact = PactResult(str(path), "randomizer-web", "randomizer-api", 4, (result,), 1)
    step = as_step(PactVerification("randomizer-api", "", (pact,)))
    write_report(build_report("x", datetime.now(UTC), [step]), tmp_path)
    assert replay(tmp_path / "report.json", interaction.description) == code
    assert "1 of 1 interaction" in capfd.readouterr().out
