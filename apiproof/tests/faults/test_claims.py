"""The fast study: a defect meets only the checks that claim it, in the layers that have them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apiproof.commands.faults_run import run
from apiproof.errors import UserError
from apiproof.faults import Access, Pacts, Stock, Study, Suite
from apiproof.faults.cluster_execution import as_json, from_json
from apiproof.faults.experiment import Experiment
from apiproof.faults.experiment_result import ExperimentResult
from apiproof.faults.injection import Defect, Rewrite, Statement
from apiproof.faults.observer import Observer
from apiproof.faults.runner import Runner

FILES = {
    "test_doors.py": "def test_shut() -> None: ...\n",
    "inner/test_windows.py": "class TestWindows:\n    async def test_clean(self) -> None: ...\n",
    "test_longer_name.py": "def test_shut_twice() -> None: ...\ntest_shut()\n",
    "helper.py": "def test_shut() -> None: ...\n",
    "left/test_out.py": "def test_shut() -> None: ...\n",
}


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Suite("suite", (str(tmp_path),), ("left/",))


@pytest.mark.parametrize(
    ("checks", "files"),
    [
        (["test_shut"], ["test_doors.py"]),
        (["test_clean"], ["inner/test_windows.py"]),
        (["test_clean", "other", "test_shut"], ["inner/test_windows.py", "test_doors.py"]),
    ],
)
def test_only_files_that_define_a_claiming_test_are_collected(
    suite: Suite, tmp_path: Path, checks: list[str], files: list[str]
) -> None:
    part = suite.claiming(checks)
    assert part is not None
    assert part.paths == tuple(str(tmp_path / name) for name in files)


@pytest.mark.parametrize("checks", [[], ["test_gone"], ["test_.*"]])
def test_a_suite_without_a_claiming_test_is_left_out(suite: Suite, checks: list[str]) -> None:
    assert suite.claiming(checks) is None


def test_a_control_is_shared_out_by_file() -> None:
    suite = Suite("suite", ("a.py", "b.py", "c.py"), ("left/",))
    assert [part.paths for part in suite.parts(2)] == [("a.py", "c.py"), ("b.py",)]
    assert {part.leave_out for part in suite.parts(2)} == {("left/",)}
    assert [part.paths for part in suite.parts(9)] == [("a.py",), ("b.py",), ("c.py",)]
    assert Access().parts(3) == (Access(),)


def test_layers_know_their_checks() -> None:
    assert Access().claiming(["ownership_enforced", "test_x"]) == Access()
    assert Access().claiming(["test_x"]) is None
    assert Pacts().claiming(["a-consumer"]) == Pacts()
    assert Pacts().claiming([]) is None
    assert Stock().claiming(["ownership_enforced"]) is None


@dataclass(frozen=True)
class Recorder(Runner):
    """Makes no experiment, and keeps what would be made."""

    made: list[Experiment] = field(default_factory=list)

    def _run(self, experiments: Sequence[Experiment], *_: Any) -> Iterator[ExperimentResult]:
        self.made.extend(experiments)
        yield from ()


def test_a_defect_meets_its_own_checks_and_the_control_meets_all(suite: Suite) -> None:
    rewrite = (Rewrite("house.door", "shut", "open"),)
    guarded, open_ = (
        Defect(name, "", "access", "CWE-306", "API2", rewrite, (check,))
        for name, check in (("one", "ownership_enforced"), ("two", "test_shut"))
    )
    study = Study((guarded, open_), (Stock(), suite, Access()))
    shared: Any = None  # no experiment is made
    runner = Recorder(study, shared, shared)
    runner.claims_control(study.defects, print)
    runner.claims(study.defects, print)
    told = [(each.name, [layer.name for layer in each.layers], each.only) for each in runner.made]
    both = ("ownership_enforced", "test_shut")
    assert told == [
        ("control suite claims 1", ["suite"], both),
        ("control access claims 1", ["access"], both),
        ("one", ["access"], ("ownership_enforced",)),
        ("two", ["suite"], ("test_shut",)),
    ]


def test_an_experiment_is_the_same_at_another_machine(suite: Suite) -> None:
    statement = (Statement("DROP INDEX an_index"),)
    rewrite = (Rewrite("house.door", "shut", "open"),)
    checks = ("ownership_enforced", "test_shut", "test_clean")
    defects = tuple(
        Defect(name, "", "access", "CWE-306", "API2", how, checks)
        for name, how in (("one", rewrite), ("two", statement))
    )
    study = Study(defects, (Stock(), suite, Access()))
    shared: Any = None  # no experiment is made
    runner = Recorder(study, shared, shared)
    runner.claims(defects, print)
    runner.defects(defects, print)
    runner.control(print, (0, 1))
    runner.traced(study.layers, print)
    made = [*runner.claims_controls(defects), *runner.made]
    assert {each.part for each in made} == {0, 1, 2, 3}, "three files, two of which claim"
    for each in made:
        assert from_json(json.loads(json.dumps(as_json(each))), study) == each


def test_without_a_budget_no_other_check_begins() -> None:
    observer = Observer(dict, named=("test_shut",), budget=0.0)
    assert observer.wants(("test_shut",))
    assert not observer.wants(("test_open",))


@pytest.mark.parametrize(("only", "others_begin"), [(("test_shut",), False), ((), True)])
def test_an_experiment_with_its_only_checks_begins_no_other(
    only: tuple[str, ...], *, others_begin: bool
) -> None:
    shared: Any = SimpleNamespace(budgets={}, known={})
    observer = Experiment("control", (), only=only).observer("suite", dict, shared)
    assert observer.wants(("test_shut",))
    assert observer.wants(("test_open",)) is others_begin


def test_the_whole_and_the_fast_study_exclude_each_other() -> None:
    with pytest.raises(UserError, match="--full and --claims exclude each other"):
        run(full=True, claims=True)
