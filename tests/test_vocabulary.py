"""Names and messages are words of the field (docs/decisions/0049)."""

import ast
import re
from pathlib import Path

from tests.test_architecture import KIT, ROOT, modules, relative

# Another project has it on PyPI. Written in two parts, so that this file does not say it.
OLD_NAME = "under" + "study"
# A private theatre once; words of the field took its place (docs/decisions/0049).
OLD_WORDS = frozenset(
    [
        "world",
        "backstage",
        "stage",
        "scene",
        "casting",
        "director",
        "powers",
        "doors",
        "lure",
        "ghost",
        "passport",
        "papers",
        "passage",
        "likeness",
        "shadows",
        "keeper",
        OLD_NAME,
        "theatre",
        "guidance",
        "fate",
        "ground",
        "stillborn",
        "excuses",
        # A house's own words, too: what a reader of HTTP tests would not look for.
        "told",
        "person",
        "people",
        "stranger",
        "judged",
        "mend",
        "wish",
    ]
)
# Good words for other things: `settings` may name a stage, guessed keys hold "hello_world", a
# number of a passport is private.
MESSAGES = OLD_WORDS - {
    *("world", "stage", "passport", "papers", "powers", "ground", "shadows", "doors"),
    *("told", "person", "people", "stranger", "judged", "mend", "wish"),
}


def names_in(path: Path) -> set[str]:
    """Names of the module and of all that it defines."""
    found = {path.stem}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found


def old_words(names: set[str]) -> list[str]:
    parts = {name: re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name) for name in names}
    return sorted(n for n, words in parts.items() if OLD_WORDS & {w.lower() for w in words})


def test_no_name_is_of_the_old_vocabulary() -> None:
    assert old_words({"remote_world", "Backstage", "is_held", "PAPERS"}) == [
        "Backstage",
        "PAPERS",
        "remote_world",
    ]
    paths = [*modules("api"), *modules(KIT)]
    found = {relative(path): old_words(names_in(path)) for path in paths}
    assert {path: names for path, names in found.items() if names} == {}


def texts_in(path: Path) -> list[str]:
    """Every text of a module, docstrings included."""
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    texts = [node.value for node in tree if isinstance(node, ast.Constant)]
    return [text for text in texts if isinstance(text, str)]


def test_no_message_is_of_the_old_vocabulary() -> None:
    word = re.compile(rf"\b({'|'.join(sorted(MESSAGES))})\b", re.IGNORECASE)
    assert word.search("No scene is set.")
    paths = [*modules("api"), *modules(KIT)]
    found = [f"{relative(path)}: {text}" for path in paths for text in texts_in(path)]
    assert len(found) > 1000
    assert [text for text in found if word.search(text)] == []


def test_nothing_is_called_by_the_kits_old_name() -> None:
    kinds = {
        ".py",
        ".md",
        ".toml",
        ".json",
        ".jinja",
        ".yml",
        ".yaml",
        ".txt",
        ".js",
        ".css",
        ".cfg",
    }
    folders = ("api", "apiproof", "docs", "examples", "pacts", "tests")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    paths += [path for path in ROOT.iterdir() if path.is_file()]
    ours = [p for p in paths if p.suffix in kinds and p.is_file() and "node_modules" not in p.parts]
    assert len(ours) > 400
    told = {relative(p) for p in ours if OLD_NAME in p.read_text(encoding="utf-8").lower()}
    assert told == set()
