"""What `schemathesis run` writes by itself holds no secret when it has ended."""

import json
import os
import time
from pathlib import Path

import pytest

from apiproof.fuzzing.reports import redact_reports

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0xx.c2lnbmF0dXJl"
JUNIT = f"<testsuites><testcase name='x'><failure message='{TOKEN}'/></testcase></testsuites>"


def har() -> str:
    body = {"text": json.dumps({"password": "Correct-Horse"})}
    entry = {"request": {"postData": body}, "response": {"content": {"text": TOKEN}}}
    return json.dumps({"log": {"entries": [entry]}})


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(folder: Path) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / "junit-1.xml", folder / "har-1.json"]
    paths[0].write_text(JUNIT, encoding="utf-8")
    paths[1].write_text(har(), encoding="utf-8")
    return paths


def secrets(paths: list[Path]) -> list[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    return [secret for secret in (TOKEN, "Correct-Horse") if secret in text]


def test_reports_where_the_configuration_has_them() -> None:
    Path("schemathesis.toml").write_text('[reports]\ndirectory = "here"\n', encoding="utf-8")
    paths = written(Path("here"))
    assert len(secrets(paths)) == 2
    redact_reports(time.time(), [])
    assert secrets(paths) == []


@pytest.mark.parametrize("shape", ["{0} {1}", "{0}={1}"])
def test_reports_where_the_arguments_have_them(shape: str) -> None:
    one, two = written(Path("there"))
    arguments = (
        f"{shape.format('--report-junit-path', one)} {shape.format('--report-har-path', two)}"
    )
    redact_reports(time.time(), arguments.split())
    assert secrets([one, two]) == []
    paths = written(Path("elsewhere"))
    redact_reports(time.time(), shape.format("--report-dir", "elsewhere").split())
    assert secrets(paths) == []


def test_older_reports_stay_as_they_are() -> None:
    paths = written(Path("schemathesis-report"))
    for path in paths:
        os.utime(path, (1, 1))
    redact_reports(time.time(), [])
    assert len(secrets(paths)) == 2
