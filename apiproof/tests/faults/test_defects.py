"""Planting: what is replaced is really there, and really loaded, or the defect is an error."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apiproof.faults.injection import Defect, InjectionFailed, Rewrite, Statement, injected

NAME = "greenhouse_of_defects"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module that can be imported and is forgotten afterwards."""
    path = tmp_path / f"{NAME}.py"
    path.write_text("def double(n):\n    return n * 2\n\n\nLIMIT = double(5)\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield path
    sys.modules.pop(NAME, None)


def defect(*alterations: Rewrite | Statement) -> Defect:
    return Defect("wrong", "It went wrong.", "arithmetic", "CWE-682", "", alterations, ("any",))


def test_a_module_is_imported_with_another_text_and_the_file_stays(source: Path) -> None:
    before = source.read_text(encoding="utf-8")
    with injected([defect(Rewrite(NAME, "n * 2", "n * 3"))]) as injection:
        module = importlib.import_module(NAME)
        injection.load_rest()
    assert (module.double(2), module.LIMIT) == (6, 15)
    assert source.read_text(encoding="utf-8") == before


def test_bytecode_of_the_true_text_is_neither_used_nor_replaced(source: Path) -> None:
    assert importlib.import_module(NAME).LIMIT == 10
    del sys.modules[NAME]
    with injected([defect(Rewrite(NAME, "n * 2", "n * 3"))]):
        assert importlib.import_module(NAME).LIMIT == 15
    del sys.modules[NAME]
    assert importlib.import_module(NAME).LIMIT == 10
    assert source.is_file()


def test_several_places_of_one_module_change_together(source: Path) -> None:
    alterations = (Rewrite(NAME, "n * 2", "n + 1"), Rewrite(NAME, "double(5)", "double(7)"))
    with injected([defect(*alterations)]):
        assert importlib.import_module(NAME).LIMIT == 8
    assert source.is_file()


@pytest.mark.parametrize(
    ("before", "after"), [("n * 4", "n"), ("double", "treble"), ("n * 2", "n * 2")]
)
@pytest.mark.usefixtures("source")
def test_what_changes_nothing_or_more_than_one_place_is_an_error(before: str, after: str) -> None:
    with (
        injected([defect(Rewrite(NAME, before, after))]),
        pytest.raises(InjectionFailed, match="name a text that occurs once"),
    ):
        importlib.import_module(NAME)


@pytest.mark.usefixtures("source")
def test_a_module_that_only_tests_would_import_is_there_with_its_other_text() -> None:
    """Commands of operators, say, which the application never imports."""
    with injected([defect(Rewrite(NAME, "n * 2", "n * 3"))]) as injection:
        injection.load_rest()
        assert injection.loaded == {NAME}
    assert importlib.import_module(NAME).LIMIT == 15


def test_a_module_that_is_not_there_is_an_error() -> None:
    with (
        injected([defect(Rewrite("no_such_module", "n * 2", "n * 3"))]) as injection,
        pytest.raises(InjectionFailed, match="no_such_module cannot be imported"),
    ):
        injection.load_rest()


@pytest.mark.usefixtures("source")
def test_a_module_that_is_imported_already_is_an_error() -> None:
    importlib.import_module(NAME)
    with (
        pytest.raises(InjectionFailed, match="Imported already"),
        injected([defect(Rewrite(NAME, "n * 2", "n * 3"))]),
    ):
        raise AssertionError("nothing may run")


def test_plants_are_told_apart() -> None:
    rewrite, statement = Rewrite(NAME, "a", "b"), Statement("DROP TABLE x")
    both = defect(rewrite, statement)
    assert (both.rewrites, both.statements) == ((rewrite,), (statement,))
