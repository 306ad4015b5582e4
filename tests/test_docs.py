"""The pages under docs/: the reference is current, and what they tell to run can be run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from apiproof.access.users_file import read_users
from tests.docs_reference import REFERENCE, commands, options, pages

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))
COMMANDS = dict(commands())
BIN = Path(sys.executable).parent


def told(page: Path) -> list[str]:
    """The lines of a page's console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


TOLD = [(page.name, line) for page in PAGES for line in told(page)]


@pytest.mark.parametrize("name", pages())
def test_the_reference_is_what_the_code_says(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages()[name], (
        "run `python -m tests.docs_reference` and commit"
    )


def test_every_command_has_its_place_in_the_reference() -> None:
    text = pages()["commands.md"]
    assert len(COMMANDS) >= 15
    for name, command in COMMANDS.items():
        assert f"## {name}\n" in text
        assert command.help, f"{name} has no help"


@pytest.mark.parametrize(("page", "line"), TOLD, ids=lambda each: each)
def test_commands_in_pages_exist_with_their_options(page: str, line: str) -> None:
    assert page
    words = shlex.split(line)
    if words[0] != "apiproof":
        assert words[:2] in (["pip", "install"], ["schemathesis", "run"])
        return
    name = max((it for it in COMMANDS if line.startswith(it)), key=len)
    named = [word.partition("=")[0] for word in words if word.startswith("--")]
    assert set(named) <= {*options(COMMANDS[name]), "--help"}


NAMED = re.compile(r"`apiproof ((?:[a-z]+)(?: [a-z]+)?)[ `]")
TEXTS = [
    *sorted((ROOT / "apiproof" / "src").rglob("*.py")),
    *[ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "noxfile.py")],
    *[path for path in PAGES if "decisions" not in path.parts],
    *sorted(ROOT.glob("*/README.md")),
    *sorted((ROOT / "tests").rglob("*.md")),
]


def test_messages_and_pages_name_commands_that_exist() -> None:
    known = set(COMMANDS) | {name.rpartition(" ")[0] for name in COMMANDS}
    named = [
        (path.relative_to(ROOT).as_posix(), f"apiproof {words}")
        for path in TEXTS
        for words in NAMED.findall(path.read_text(encoding="utf-8"))
    ]
    assert len(named) > 50
    # The second word may be an argument, but not of a group, whose second word is the command.
    groups = {name for name in known if name not in COMMANDS}
    wrong = [
        (path, name)
        for path, name in named
        if name not in known
        and (name.rpartition(" ")[0] not in known or name.rpartition(" ")[0] in groups)
    ]
    assert wrong == []


# The generated tests are to run, not to search.
BRIEF = """
from hypothesis import settings

settings.register_profile("brief", max_examples=5)
settings.load_profile("brief")
"""


LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def test_links_between_pages_lead_somewhere() -> None:
    """Those of README.md, which mkdocs does not read, too."""
    pages = [path for path in {*TEXTS, *PAGES} if path.suffix == ".md"]
    links = [(path, link) for path in pages for link in LINK.findall(path.read_text("utf-8"))]
    assert len(links) > 20
    assert [f"{p.name}: {link}" for p, link in links if not (p.parent / link).exists()] == []


def ran(folder: Path, line: str) -> "subprocess.CompletedProcess[str]":
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(folder)}
    words = shlex.split(line)
    return subprocess.run(  # noqa: S603  # the line is our own
        [str(BIN / words[0]), *words[1:]], cwd=folder, env=environment, capture_output=True,
        text=True, check=False, timeout=110,
    )  # fmt: skip


@pytest.mark.timeout(300)
def test_the_tutorial_ends_as_it_says(tmp_path: Path) -> None:
    """In a copy of the example without what was written for it: init to a run with a baseline."""
    shutil.copytree(ROOT / "examples" / "lists" / "lists_api", tmp_path / "lists_api")
    lines = [line for line in told(ROOT / "docs" / "tutorial.md") if line.startswith("apiproof")]
    init, doctor, run, check, write, again = lines
    assert ran(tmp_path, init).returncode == 0
    for name in (".github/workflows/apiproof.yml", ".gitlab-ci.apiproof.yml"):
        assert "apiproof run" in str(yaml.safe_load((tmp_path / name).read_text(encoding="utf-8")))
    assert "verify" in ran(tmp_path, "nox -l").stdout
    assert read_users(tmp_path / "apiproof_identities.yaml")
    healthy = ran(tmp_path, doctor)
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    assert 'token="id",' in (tmp_path / "apiproof_service.py").read_text(encoding="utf-8")
    (tmp_path / "brief.py").write_text(BRIEF, encoding="utf-8")
    generated = ran(tmp_path, "pytest -q -p brief -p no:cacheprovider apiproof_tests.py")
    assert "5 passed" in generated.stdout, generated.stdout
    brief = " --only access --only errors --only document"  # fuzzing: see `nox -s examples`
    assert write.startswith(run)  # the first run is the second without its list of findings
    done = [ran(tmp_path, line) for line in (check, write + brief, again + " --only document")]
    for each in done:
        assert each.returncode == 0, each.stdout + each.stderr
    # So that the last had only to show that the list is read, and what it says of security.
    assert "Wrote baseline.txt: 0 known findings" in done[1].stdout
    assert (tmp_path / "reports" / "index.html").is_file()
    # And it turns red: whose list it is is asked no more.
    main = tmp_path / "lists_api" / "main.py"
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace("AND owner = %s", "AND %s <> ''"), encoding="utf-8")
    spoilt = ran(tmp_path, again + brief)
    assert spoilt.returncode == 1
    assert "another user" in spoilt.stdout.replace("\n", " ")
