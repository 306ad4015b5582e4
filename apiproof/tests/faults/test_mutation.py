"""Mutation: mutants are made by a tool that knows nothing of us, and no survivor is hidden."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apiproof.faults import Suite
from apiproof.faults.execution import Ended
from apiproof.faults.experiment import Experiment
from apiproof.faults.mutants import Mutant, mutants
from apiproof.faults.mutation import (
    MutantResult,
    MutantResults,
    MutantStatus,
    MutationRun,
    as_dict,
    score,
)
from apiproof.faults.observer import Observer, Unit
from apiproof.faults.study import LayerContext, Study
from apiproof.faults.suppressions import Suppressions, SuppressionsUnreadable
from apiproof.result_lines import JsonLines

SOURCE = '''\
"""Prices."""

LIMIT = 10


def total(prices, discount=0):
    def capped(price):
        return price if price < LIMIT else LIMIT

    return sum(capped(price) for price in prices) - discount


class Basket:
    def is_empty(self, items):
        return not items and True
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "prices.py").write_text(SOURCE, encoding="utf-8")
    (folder / "start.py").write_text("RUNS = 1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Path("shop")


def test_each_place_has_one_mutant_which_differs_in_one_line(package: Path) -> None:
    found = mutants(package, [], seed=0)
    places = [(mutant.path, mutant.line, mutant.before) for mutant in found]
    assert len(found) > 6
    assert {mutant.line for mutant in found if mutant.path == "shop/prices.py"} >= {3, 8, 15}
    for mutant in found:
        before = Path(mutant.path).read_text(encoding="utf-8")
        differing = [
            pair
            for pair in zip(before.splitlines(), mutant.text.splitlines(), strict=True)
            if pair[0] != pair[1]
        ]
        assert len(differing) == 1, places
        assert (differing[0][0].strip(), differing[0][1].strip()) == (mutant.before, mutant.after)


def test_a_seed_draws_the_same_sample_again_and_another_seed_another(package: Path) -> None:
    def ids(seed: int) -> list[str]:
        return [mutant.id for mutant in mutants(package, [], seed)]

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)


def test_what_is_outside_is_left_out(package: Path) -> None:
    assert {mutant.path for mutant in mutants(package, ["shop/start.py"], 0)} == {"shop/prices.py"}


def test_a_mutant_knows_the_innermost_function_that_it_is_in(package: Path) -> None:
    inside = {mutant.line: mutant.function for mutant in mutants(package, [], 0)}
    assert inside[3] == ""
    assert inside[6] == ""  # a default is evaluated at import
    assert inside[8] == "shop/prices.py:total.<locals>.capped"
    assert inside[10] == "shop/prices.py:total"
    assert inside[15] == "shop/prices.py:Basket.is_empty"


def test_a_mutant_is_planted_as_a_rewrite_of_its_module(package: Path) -> None:
    mutant = next(each for each in mutants(package, [], 0) if each.path == "shop/prices.py")
    rewrite = mutant.rewrite()
    assert rewrite.module == "shop.prices"
    assert rewrite.applied(SOURCE) == mutant.text


def result(status: MutantStatus) -> MutantResult:
    mutant = Mutant("a.py", 1, "", "AddNot", "if x:", "if not x:", "if not x:\n")
    return MutantResult(mutant, status, "", 1.0)


def test_only_what_somebody_could_tell_apart_counts() -> None:
    statuses = [
        MutantStatus.KILLED,
        MutantStatus.KILLED,
        MutantStatus.SURVIVED,
        MutantStatus.EQUIVALENT,
        MutantStatus.INVALID,
    ]
    session = [result(status) for status in statuses]
    assert score(session) == (2, 3)
    report = as_dict(session, Suppressions({"b.py": "not served"}, {}))
    assert report["score"] == 0.6667
    assert [each["before"] for each in report["survivors"]] == ["if x:"]
    assert "text" not in report["mutants"][0]
    assert report["outside"] == {"b.py": "not served"}


def session(tmp_path: Path, sources: str, suppressions: Suppressions) -> MutationRun:
    """A session that knows all it needs from earlier runs of the same sources."""
    lines = JsonLines(tmp_path / "results.jsonl", sources)
    unused: Any = SimpleNamespace(profile={})  # nothing is left to plant
    return MutationRun(unused, (), suppressions, MutantResults(lines))


def test_what_was_judged_before_an_interruption_is_not_judged_again(tmp_path: Path) -> None:
    killed, survived = result(MutantStatus.KILLED), result(MutantStatus.SURVIVED)
    survived = replace(survived, mutant=replace(survived.mutant, after="if None:"))
    for each in (killed, survived):
        session(tmp_path, "same", Suppressions({}, {})).earlier.add(each)
    sample = [killed.mutant, survived.mutant]
    assert list(session(tmp_path, "same", Suppressions({}, {})).run(sample, None)) == [
        killed,
        survived,
    ]
    assert session(tmp_path, "other", Suppressions({}, {})).earlier.get(killed.mutant) is None


def test_a_suite_that_is_long_gets_its_time_before_it_counts_as_one_that_does_not_end(
    tmp_path: Path, package: Path
) -> None:
    given = []

    def execute(shared: Any, experiments: Iterable[Experiment], seconds: float) -> Iterator[Ended]:
        given.append(seconds)
        assert shared.profile is profile
        for experiment in experiments:
            yield Ended(experiment.name, [], "hung", seconds)

    for profile in ({}, {"suite": {"a": Unit(30.0, ()), "b": Unit(50.0, ())}}):
        shared: Any = SimpleNamespace(profile=profile)
        judgements = MutantResults(JsonLines(tmp_path / "results.jsonl", str(len(given))))
        session = MutationRun(shared, (), Suppressions({}, {}), judgements, execute)
        (killed,) = session.run(mutants(package, [], 0)[:1], None)
        assert killed.status is MutantStatus.KILLED
    assert given[1] >= given[0] + 2 * 80.0


def test_the_layer_with_the_test_of_the_fewest_functions_judges_first(
    tmp_path: Path, package: Path
) -> None:
    sample = [each for each in mutants(package, [], 0) if each.function.endswith("total")][:1]
    wide = {"all": Unit(0.1, (), ("a", "b", sample[0].function)), "other": Unit(0.1, (), ("a",))}
    near = {"one": Unit(9.0, (), (sample[0].function,))}
    known: Any = SimpleNamespace(profile={"wide": wide, "near": near})
    layers = tuple(Suite(name, ()) for name in ("wide", "near", "unknown"))
    judged: list[str] = []

    def execute(shared: Any, experiments: Iterable[Experiment], seconds: float) -> Iterator[Ended]:
        assert shared is known
        for experiment in experiments:
            judged.extend(layer.name for layer in experiment.layers)
            yield Ended(experiment.name, [], "hung", seconds)

    results = MutantResults(JsonLines(tmp_path / "results.jsonl", "same"))
    list(MutationRun(known, layers, Suppressions({}, {}), results, execute).run(sample, None))
    assert judged == ["near", "wide", "unknown"]


def test_tests_that_are_cheap_and_enter_little_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    names = ("dear", "wide", "near", "unknown")
    text = "".join(f"def test_{name}() -> None: ...\n" for name in names)
    Path("test_four_costs.py").write_text(text, encoding="utf-8")
    functions = ("shop:buy", *(f"shop:{number}" for number in range(9)))
    costs = {"dear": (9.0, 2), "wide": (1.0, 10), "near": (2.0, 1)}
    profile = {
        f"test_four_costs.py::test_{name}": Unit(seconds, (), functions[:entered])
        for name, (seconds, entered) in costs.items()
    }
    nobody: Any = None
    context = LayerContext(nobody, nobody, function="shop:buy", profile=profile)
    observer = Observer(count=dict)
    Suite("suite", ("test_four_costs.py",)).examine(context, observer)
    ran = [name.rpartition("_")[2] for name in observer.units]
    assert ran == ["unknown", "near", "wide", "dear"]


def test_those_that_are_forgiven_are_tried_last_for_each_takes_a_whole_suite(
    tmp_path: Path, package: Path
) -> None:
    first, *others = sample = mutants(package, [], 0)[:4]
    suppressions = Suppressions({}, {(first.path, first.after): "the same"})

    nothing: Any = SimpleNamespace(profile={})

    def execute(shared: Any, experiments: Iterable[Experiment], seconds: float) -> Iterator[Ended]:
        assert shared is nothing
        for experiment in experiments:
            yield Ended(experiment.name, [{"begins": "suite"}], "", seconds)

    results = MutantResults(JsonLines(tmp_path / "results.jsonl", "same"))
    run = MutationRun(nothing, (), suppressions, results, execute)
    tried = [(each.mutant, each.status) for each in run.run(sample, None)]
    survived = [(mutant, MutantStatus.SURVIVED) for mutant in others]
    assert tried == [*survived, (first, MutantStatus.EQUIVALENT)]


def test_suppressions_are_none_of_the_sources_whose_results_hold(package: Path) -> None:
    suppressions = package / "suppressions.toml"
    suppressions.write_text("", encoding="utf-8")
    study = Study((), (), sources=("shop",), suppressions=suppressions.resolve())
    before = study.fingerprint()
    suppressions.write_text("[outside]\n", encoding="utf-8")
    assert study.fingerprint() == before
    (package / "prices.py").write_text("LIMIT = 11\n", encoding="utf-8")
    assert study.fingerprint() != before


@pytest.mark.parametrize("line", ["after = ['if y:', 'if not x:']", "before = 'if x:'"])
def test_a_survivor_is_forgiven_without_judging_it_again(tmp_path: Path, line: str) -> None:
    session(tmp_path, "same", Suppressions({}, {})).earlier.add(result(MutantStatus.SURVIVED))
    path = tmp_path / "suppressions.toml"
    path.write_text(f"[[equivalent]]\npath = 'a.py'\n{line}\nreason = 'same'\n", encoding="utf-8")
    sample = [result(MutantStatus.SURVIVED).mutant]
    (forgiven,) = session(tmp_path, "same", Suppressions.read(path)).run(sample, None)
    assert (forgiven.status, forgiven.by) == (MutantStatus.EQUIVALENT, "same")


@pytest.mark.parametrize(
    "text",
    [
        "[[equivalent]]\npath = 'a.py'\nafter = 'x'\n",
        "[[equivalent]]\npath = 'a.py'\nafter = 'x'\nreason = ''\n",
        "[[equivalent]]\npath = 'a.py'\nreason = 'no line'\n",
        "[outside]\n'a.py' = ''\n",
        "[outside",
    ],
)
def test_an_excuse_without_a_reason_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "suppressions.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SuppressionsUnreadable):
        Suppressions.read(path)


def test_without_a_file_nothing_is_excused() -> None:
    assert Suppressions.read(None) == Suppressions({}, {})
