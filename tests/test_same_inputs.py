"""`nox -s tests` leaves the kit's own tests out only where the very same inputs passed before."""

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import nox.command
import pytest

from tests.same_inputs import PROGRAMS, VARIABLES

ROOT = Path(__file__).parent.parent
KIT_RUN = ("apiproof", "-n 2 --dist worksteal")


class Session:
    """In place of nox's session: notes where pytest would be run and with what."""

    def __init__(self, root: Path, *posargs: str) -> None:
        self.root, self.posargs, self.folder = root, list(posargs), root
        self.runs: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.during_the_kits: Callable[[], None] = lambda: None

    def log(self, text: str) -> None:
        self.said.append(text)

    warn = log

    def chdir(self, folder: Path) -> None:
        self.folder = folder

    def run(self, program: str, *arguments: str, **_: Any) -> None:
        if Path(program).name == "pytest":
            self.runs.append((self.folder.name, " ".join(arguments)))
            if self.folder.name == "apiproof":
                self.during_the_kits()
        else:  # an installation
            (self.root / ".nox" / "shared").mkdir(parents=True, exist_ok=True)


class Project(SimpleNamespace):
    """A copy of the project's noxfile and a kit of two files."""

    root: Path
    noxfile: ModuleType

    def nox(self, name: str, *posargs: str, during: Callable[[], None] = lambda: None) -> Session:
        session = Session(self.root, *posargs)
        session.during_the_kits = during
        getattr(self.noxfile, name).func(session)
        return session

    def kit_is_run(self) -> bool:
        session = self.nox("tests")
        # The service's are never left out.
        assert [folder for folder, _ in session.runs[-2:]] == ["project", "project"]
        assert "--operation-coverage=require" in session.runs[-2][1]
        assert session.runs[-1][1].endswith("tests/contract/live")
        assert len(session.runs) in {2, 3}
        if len(session.runs) == 3:
            assert session.runs[0] == KIT_RUN
        assert ("Left out" in " ".join(session.said)) == (len(session.runs) == 2)
        return len(session.runs) == 3


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("sys.path", sys.path.copy())  # the noxfile puts its folder there
    root = tmp_path / "project"
    for name in ("noxfile.py", "constraints.txt", "pyproject.toml", "apiproof/pyproject.toml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    for name in ("src/code.py", "tests/test_code.py"):
        (root / "apiproof" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "apiproof" / name).write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr("nox.registry._REGISTRY", {})  # else each session were there twice
    spec = importlib.util.spec_from_file_location("noxfile_copied", root / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    noxfile = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(noxfile)
    return Project(root=root, noxfile=noxfile)


def test_the_same_kit_is_run_once_and_the_line_says_when_and_how_to_run_it(
    project: Project,
) -> None:
    assert project.kit_is_run()
    left_out = project.nox("tests")
    assert len(left_out.runs) == 2
    said = " ".join(left_out.said)
    note = (project.root / ".nox" / "kit-passed").read_text(encoding="utf-8")
    assert f"passed here at {note.strip().partition(' ')[2]}," in said
    assert "`nox -s kit`" in said
    assert not project.kit_is_run()  # leaving it out changes nothing
    assert project.nox("kit").runs == [KIT_RUN]  # that runs it in any case


def test_a_run_of_the_kit_alone_counts_a_part_of_it_does_not(project: Project) -> None:
    project.nox("kit", "-k", "one")
    project.nox("tests", "tests/api")
    assert project.kit_is_run()
    (project.root / ".nox" / "kit-passed").unlink()
    project.nox("kit")
    assert not project.kit_is_run()


CHANGES: dict[str, tuple[str, str | None]] = {
    "a source": ("apiproof/src/code.py", "x = 2\n"),
    "a test": ("apiproof/tests/test_code.py", "x = 2\n"),
    "a new file": ("apiproof/tests/data/new.yaml", "x: 1\n"),
    "a file that went": ("apiproof/src/code.py", None),
    "the kit's project": ("apiproof/pyproject.toml", "[project]\n"),
    "the pins": ("constraints.txt", "rich==13\n"),
    "the project above": ("pyproject.toml", "[project]\n"),
    "the noxfile": ("noxfile.py", None),
    "what is found above": ("schemathesis.toml", "seed = 1\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_what_the_kit_is_made_of_runs_it(project: Project, change: str) -> None:
    project.kit_is_run()
    assert not project.kit_is_run()
    name, text = CHANGES[change]
    path = project.root / name
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.parent.mkdir(exist_ok=True)
    if text is None and path.name != "noxfile.py":
        path.unlink()
    else:
        path.write_text(text or f"{before}# changed\n", encoding="utf-8")
    assert project.kit_is_run()
    assert not project.kit_is_run()


def test_a_file_that_moved_runs_it(project: Project) -> None:
    project.kit_is_run()
    folder = project.root / "apiproof" / "src"
    (folder / "code.py").rename(folder / "core.py")
    assert project.kit_is_run()


def test_what_the_tests_write_and_the_service_are_no_change(project: Project) -> None:
    project.kit_is_run()
    written = ("src/__pycache__/code.pyc", ".hypothesis/x", "tests/.hypothesis/x", "reports/x")
    for name in (*(f"apiproof/{name}" for name in written), "api/app.py", "tests/test_api.py"):
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_text("x", encoding="utf-8")
    assert not project.kit_is_run()


@pytest.mark.parametrize("prefix", VARIABLES)
def test_another_environment_runs_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    """An external database above all: APIPROOF_DATABASE_URL; its password stays out of the note."""
    name = "APIPROOF_DATABASE_URL" if prefix == "APIPROOF_" else f"{prefix}_X"
    project.kit_is_run()
    monkeypatch.setenv(name, "postgresql://me:hidden@localhost/one")
    assert project.kit_is_run()
    assert "hidden" not in (project.root / ".nox" / "kit-passed").read_text(encoding="utf-8")
    monkeypatch.setenv(name, "postgresql://me:hidden@localhost/two")
    assert project.kit_is_run()
    assert not project.kit_is_run()
    monkeypatch.setenv("TERM", "another")  # says nothing
    assert not project.kit_is_run()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_whose_lack_skipped_tests_runs_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    project.kit_is_run()
    (tmp_path / name).touch(mode=0o700)
    assert project.kit_is_run()


def test_another_python_runs_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.kit_is_run()
    monkeypatch.setattr("sys.version", "3.99.0")
    assert project.kit_is_run()


@pytest.mark.parametrize(("value", "runs"), [("true", True), ("1", True), ("false", False)])
def test_in_ci_nothing_is_left_out(
    project: Project, monkeypatch: pytest.MonkeyPatch, value: str, *, runs: bool
) -> None:
    project.kit_is_run()
    monkeypatch.setenv("CI", value)
    assert project.kit_is_run() == runs


def test_a_red_run_leaves_no_note_and_takes_an_older_one_away(project: Project) -> None:
    def fails() -> None:
        raise nox.command.CommandFailed

    project.kit_is_run()
    with pytest.raises(nox.command.CommandFailed):
        project.nox("kit", during=fails)
    with pytest.raises(nox.command.CommandFailed):
        project.nox("tests", during=fails)
    assert project.kit_is_run()


def test_a_kit_that_is_changed_while_its_tests_run_is_not_noted(project: Project) -> None:
    code = project.root / "apiproof" / "src" / "code.py"

    def changes() -> None:
        code.write_text("x = 4\n", encoding="utf-8")

    before = code.read_text(encoding="utf-8")
    project.nox("kit", during=changes)
    code.write_text(before, encoding="utf-8")  # that is what was there when the run began
    assert project.kit_is_run()
    assert not project.kit_is_run()
