"""`apiproof pact verify` and `pact states` as people run them: exit codes and single lines."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from apiproof.cli import main
from apiproof.http.server import run_server
from tests.contract.states import STATES

ROOT = Path(__file__).parents[2]
WEB = "pacts/randomizer-web--randomizer-api.json"
ABOUT = "randomizer-api"


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def written(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def cold(arguments: Sequence[str]) -> tuple[int, str, str]:
    """Run a new process; `tests/bench/contracts.py` measures the like."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "apiproof", *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def request(path: str, state: str = "") -> dict[str, Any]:
    """A V4 interaction that asks for a path and expects 200."""
    return {
        "type": "Synchronous/HTTP",
        "description": f"asks for {path}",
        "providerStates": [{"name": state}] if state else [],
        "request": {"method": "GET", "path": path},
        "response": {"status": 200},
    }


def pact(*interactions: dict[str, Any]) -> dict[str, Any]:
    """A V4 pact of this service's."""
    return {
        "consumer": {"name": "till"},
        "provider": {"name": ABOUT},
        "interactions": list(interactions),
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }


def test_ten_interactions_are_verified_from_cold(tmp_path: Path) -> None:
    document = json.loads((ROOT / WEB).read_text(encoding="utf-8"))
    path = written(
        tmp_path / "ten.json", {**document, "interactions": document["interactions"][:10]}
    )
    code, out, err = cold(["pact", "verify", path])
    assert code == 0, err
    assert "passed: 10 of 10 interactions of 1 pact verified" in out
    assert "Verifying a pact between" not in out  # the library's own report


def test_a_file_that_is_no_pact_is_refused_in_one_line(tmp_path: Path) -> None:
    code, out, err = cold(["pact", "verify", written(tmp_path / "x.json", {})])
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("apiproof: ")
    assert "not a pact at $.consumer.name" in err


def test_an_unknown_state_is_an_error_of_its_interaction_with_the_nearest_one(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    document = pact(request("/health"), request("/health", state="a verified usr exists"))
    code = run("pact", "verify", written(tmp_path / "x.json", document))
    out, err = capfd.readouterr()
    assert code == 2, err
    assert "did you mean 'a verified user exists'?" in out
    assert "error: 1 of 2 interactions of 1 pact verified" in out


def test_foreign_text_is_shown_as_it_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hostile = {**request("/health"), "description": "[/health] by [bold]nobody\x1b[2J"}
    lost = {**request("/nowhere"), "description": "[/] \x1b]0;title\x07"}
    code = run("pact", "verify", written(tmp_path / "x.json", pact(hostile, lost)))
    out, err = capfd.readouterr()
    assert code == 1, err
    assert r"[/health] by [bold]nobody\x1b[2J" in out
    assert "\x1b" not in out + err


def test_a_pact_that_would_exhaust_the_stack_is_one_line(tmp_path: Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"a": deep}
    sent = {**request("/health"), "response": {"status": 200, "body": deep}}
    for command in ("verify", "compare", "usage"):
        path = written(tmp_path / "x.json", pact(sent))
        code, out, err = cold(["pact", command, *(["--pacts"] * (command == "usage")), path])
        assert code == 2, (command, out, err)
        assert "Traceback" not in out + err
        assert "deeper than 200 levels" in out + err


def test_a_failing_pact_ends_with_1_and_writes_every_report(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    document = json.loads((ROOT / WEB).read_text(encoding="utf-8"))
    spoilt = document["interactions"][8]
    spoilt["response"]["status"] = 418
    path = written(tmp_path / "x.json", {**document, "interactions": [spoilt]})
    reports = [tmp_path / f"reports/{name}" for name in ("r.xml", "r.json", "r.html")]
    junit, report, html = map(str, reports)
    assert run("pact", "verify", path, "--junit", junit, "--json", report, "--html", html) == 1
    out = capfd.readouterr().out
    assert "@@ $.status @@ expected status 418, got" in out
    assert "$.interactions[0].response" in out
    assert "failed: 1 of 1 interaction of 1 pact verified" in out
    assert all(each.stat().st_size for each in reports)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nowhere.json"], "cannot read it"),
        ([WEB, "--consumer", "randomizer-wob"], "did you mean 'randomizer-web'?"),
        ([WEB, "--description", "["], "is not a regular expression"),
        ([WEB, "--state", "no such"], "No interaction matches --state 'no such'"),
        ([WEB, "--openapi", "nowhere.json"], "No OpenAPI document at nowhere.json"),
        ([WEB, "--provider-url", "http://127.0.0.1:9"], "No provider answers at"),
        ([WEB, "--provider-url", "nonsense"], "No provider answers at"),
        (["http://127.0.0.1:9/pact.json"], "no answer (ConnectionError)"),
        (["--broker-url", "http://127.0.0.1:9"], "The Pact Broker cannot be used"),
        (["--broker-url", "http://x", "--selector", "main"], "is not a JSON object"),
        (
            ["--broker-url", "http://x", "--publish", "1", "--state", "x"],
            "The result of a part cannot be published: leave out --state 'x'.",
        ),
        ([WEB, "--service", "nowhere:SERVICE"], "cannot be loaded"),
    ],
)
def test_wrong_input_gets_a_line_and_2(
    capfd: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    assert run("pact", "verify", *arguments) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert expected in captured.err
    assert captured.err.count("\n") == 1


@pytest.fixture
def url() -> Iterator[str]:
    with run_server(Starlette(routes=[Route("/order", PlainTextResponse("ok"))])) as base_url:
        yield base_url


def test_a_deployed_provider_is_verified_by_url(
    tmp_path: Path, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    document = pact(request("/order"))
    other = {"/other": {"get": {"responses": {"200": {"description": "x"}}}}}
    openapi = {"openapi": "3.1.0", "paths": other, "info": {"title": "x", "version": "1"}}
    arguments = [written(tmp_path / "x.json", document), "--provider-url", url]
    arguments += ["--openapi", written(tmp_path / "openapi.json", openapi)]
    assert run("pact", "verify", *arguments) == 1
    out = capfd.readouterr().out
    assert "request-path-undeclared" in out
    assert "1 of 1 interaction of 1 pact verified" in out
    assert "1 passed" in out


def test_what_cannot_be_read_stands_in_no_others_way(
    tmp_path: Path, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    good = pact(request("/order"))
    twice = '{"consumer": {"name": "x"}, "consumer": {"name": "y"}}'
    (tmp_path / "a-twice.json").write_text(twice, encoding="utf-8")
    written(tmp_path / "b-good.json", good)
    written(tmp_path / "c-other.json", {**good, "provider": {"name": "another"}})
    (tmp_path / "d-deep.json").write_text("[" * 9**5, encoding="utf-8")
    report = tmp_path / "report.xml"
    arguments = [str(tmp_path), "--provider", ABOUT, "--provider-url", url, "--junit", str(report)]
    openapi = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}}
    openapi["paths"] = {"/order": {"get": {"responses": {"200": {"description": "x"}}}}}
    arguments += ["--openapi", written(tmp_path / "openapi.yaml", openapi)]
    assert run("pact", "verify", *arguments) == 2
    out = " ".join(capfd.readouterr().out.split())
    assert "the key 'consumer' stands twice" in out
    assert 'expects things of the provider "another"' in out
    assert "nested too deeply" in out
    assert "error: 1 of 1 interaction of 1 pact verified" in out
    assert "3 pacts could not be verified" in out
    assert report.read_text(encoding="utf-8").count("<error") == 3


def test_the_states_are_listed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("pact", "states", "--format", "json") == 0
    listed = json.loads(capfd.readouterr().out)
    assert [each["state"] for each in listed] == [each.sentence for each in STATES]
    assert run("pact", "states", "--readme", str(tmp_path / "README.md")) == 0
    assert (tmp_path / "README.md").read_bytes() == (ROOT / "pacts/README.md").read_bytes()
    assert run("pact", "states") == 0
    assert "a verified user exists" in capfd.readouterr().out
