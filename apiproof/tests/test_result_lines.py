"""Results hold for one state of the sources, and of nothing that tools leave beside them."""

from pathlib import Path

import pytest

from apiproof.result_lines import fingerprint


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write("app/main.py")
    return tmp_path


def write(name: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("1", encoding="utf-8")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "name",
    ["app/.mypy_cache/3.11/a.data.json", "app/reports/report.json", "app/__pycache__/a.json",
     "app/web/node_modules/a/package.json", "app/.hidden.json", "app/notes.md"],
)  # fmt: skip
def test_what_tools_leave_changes_nothing(name: str) -> None:
    before = fingerprint(["app"])
    write(name)
    assert fingerprint(["app"]) == before


@pytest.mark.usefixtures("project")
def test_an_environment_changes_nothing() -> None:
    before = fingerprint(["app"])
    write("app/env/pyvenv.cfg")
    write("app/env/lib/a.py")
    assert fingerprint(["app"]) == before


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", ["app/other.py", "app/deep/er/a.toml", "app/reports/__init__.py"])
def test_every_source_counts(name: str) -> None:
    before = fingerprint(["app"])
    write(name)
    assert fingerprint(["app"]) != before
