"""The same seed draws the same, whatever is loaded before a run and during it."""

import importlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from packaging.version import Version
from schemathesis.core import NotSet

import apiproof
from apiproof.fuzzing.local_constants import SEAM, fixed_constants, has_seam
from apiproof.fuzzing.request_overrides import is_one_in

KIT = str(Path(apiproof.__file__).parent)
finds_constants = pytest.mark.skipif(
    not has_seam(), reason="this Hypothesis is one of the floors, and draws no constants of modules"
)


@pytest.fixture(autouse=True)
def drawn_at_random() -> Iterator[None]:
    """As Hypothesis draws in a run of fuzzing: the profile of the tests leaves constants out."""
    settings.register_profile("as before", settings.default)
    # Where CI is set, Hypothesis' own default is derandomized, and `dev` with it.
    settings.register_profile("at random", derandomize=False)
    settings.load_profile("at random")
    yield
    settings.load_profile("as before")


def test_the_seam_is_where_it_was_proven() -> None:
    assert has_seam() or Version(version("hypothesis")) < Version("6.170")


@finds_constants
def test_a_module_that_is_loaded_in_a_run_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(providers, "is_local_module_file", lambda path: "loaded_late" in path)
    (tmp_path / "loaded_late.py").write_text("LIMIT = 918_273_645\n", encoding="utf-8")
    with fixed_constants():
        importlib.import_module("loaded_late")
        assert 918_273_645 not in getattr(providers, SEAM)().integers
    assert 918_273_645 in getattr(providers, SEAM)().integers, "the control: outside it is drawn"


@finds_constants
def test_the_kits_own_sources_are_none_of_a_project(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noted(path: str) -> bool:
        read.append(path)
        return False

    monkeypatch.setattr(providers, "_seen_modules", set())
    monkeypatch.setattr(providers, "_sys_modules_len", None)
    monkeypatch.setattr(providers, "is_local_module_file", noted)
    with fixed_constants():
        assert read
        assert not [path for path in read if path.startswith(KIT)]


def test_which_requests_are_guided_is_the_same_in_any_process() -> None:
    """What stands for no body is written with its address in memory, another one in each."""
    chosen = [
        number
        for number in range(12)
        if is_one_in(4, SimpleNamespace(path_parameters={"id": number}, body=NotSet()))
    ]
    assert chosen == [1, 5, 9, 11]
