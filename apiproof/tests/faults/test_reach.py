"""Reach: each function of a package notes that it is entered, and is the same otherwise."""

import asyncio
import importlib
import runpy
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from apiproof.faults.mutants import mutants
from apiproof.faults.reach import Reach, ReachUnknown

SOURCE = '''\
"""A shop."""

from __future__ import annotations

from functools import lru_cache


def total(prices, discount=0):
    """Add up."""
    def capped(price):
        return price if price < 10 else 10

    return sum(capped(price) for price in prices) - discount


class Basket:
    @property
    def is_empty(self):
        return not self.__dict__ and True

    async def sold(self):
        return self.is_empty or 1 / 0


@lru_cache
def numbers():
    return list(_count())


def _count():
    yield 1 + 1
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    package = tmp_path / "reached_shop"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "prices.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield package
    for name in [name for name in sys.modules if name.startswith("reached_shop")]:
        del sys.modules[name]


def load() -> ModuleType:
    return importlib.import_module("reached_shop.prices")


def names(*functions: str) -> tuple[str, ...]:
    return tuple(sorted(f"reached_shop/prices.py:{name}" for name in functions))


def test_each_function_is_noted_when_it_is_entered_and_not_before(folder: Path) -> None:
    with Reach(folder) as reach:
        prices = load()
        assert reach.taken() == ()
        assert prices.total([3, 12]) == 13
        assert reach.taken() == names("total", "total.<locals>.capped")
        assert reach.taken() == ()
        assert prices.Basket().is_empty
        assert reach.taken() == names("Basket.is_empty")
        assert asyncio.run(prices.Basket().sold())
        assert reach.taken() == names("Basket.sold", "Basket.is_empty")
        assert prices.numbers() == prices.numbers() == [2]
        assert reach.taken() == names("numbers", "_count")
        assert prices.numbers() == [2]
        assert reach.taken() == (), "its result was remembered"


def test_a_module_that_is_run_notes_as_well(folder: Path) -> None:
    with Reach(folder) as reach:
        globals_of_its_own = runpy.run_module("reached_shop.prices")
        assert globals_of_its_own["total"]([3]) == 3
        assert reach.taken() == names("total", "total.<locals>.capped")


def test_threads_that_ran_before_are_noted_as_well(folder: Path) -> None:
    begin, end = threading.Event(), threading.Event()

    def later() -> None:
        begin.wait()
        load().total([])
        end.set()

    threading.Thread(target=later, daemon=True).start()
    with Reach(folder) as reach:
        load()
        begin.set()
        assert end.wait(10)
        assert reach.taken() == names("total")


def test_names_are_those_of_mutants(folder: Path) -> None:
    inside = {mutant.function for mutant in mutants(Path(folder.name), [], 0)} - {""}
    with Reach(folder) as reach:
        prices = load()
        asyncio.run(prices.Basket().sold())
        prices.numbers()
        prices.total([1])
        entered = reach.taken()
    assert set(names("total", "total.<locals>.capped", "Basket.is_empty")) <= inside
    assert inside <= set(entered)


def test_documentation_and_lines_stay_as_they_are(folder: Path) -> None:
    with Reach(folder):
        prices = load()
    assert (prices.__doc__, prices.total.__doc__) == ("A shop.", "Add up.")
    basket = prices.Basket()
    basket.full = True
    with pytest.raises(ZeroDivisionError) as caught:
        asyncio.run(basket.sold())
    line = next(n for n, text in enumerate(SOURCE.splitlines(), 1) if "1 / 0" in text)
    assert caught.traceback[-1].lineno + 1 == line


def test_nothing_is_noted_of_other_modules_nor_kept_for_later_imports(folder: Path) -> None:
    with Reach(folder.parent / "other") as reach:
        load().total([])
        assert reach.taken() == ()
    del sys.modules["reached_shop.prices"]
    with Reach(folder / "none"):
        pass
    assert not hasattr(load(), "__entered__")


def test_a_package_that_is_imported_already_is_refused(folder: Path) -> None:
    load()
    with pytest.raises(ReachUnknown, match=r"reached_shop\.prices"), Reach(folder):
        pass
