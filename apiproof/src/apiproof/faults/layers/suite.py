"""A layer that is a pytest suite, run in this process in an environment that is open already.

Tests run in the order of what they cost when nothing was planted, the cheapest first; those that
never met an operation in question are left out. It knows pytest, and no test.
"""

import contextlib
import random
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import pytest

from apiproof.faults.observer import Observer
from apiproof.faults.study import LayerContext
from apiproof.plugin import OPENED

LONGEST = 6000  # characters of a failure that are kept


@dataclass(frozen=True)
class Suite:
    """Tests under some paths.

    Attributes:
        name: The layer's name.
        paths: Of files and folders.
        leave_out: Parts of node ids that are not run.
        ours: Whether it belongs to the suite that the study is about.
    """

    name: str
    paths: tuple[str, ...]
    leave_out: tuple[str, ...] = ()
    ours: bool = True

    def claiming(self, checks: Collection[str]) -> Self | None:
        """Return the files that define tests of these names: to collect all takes longest."""
        if not checks:
            return None
        defines = re.compile(
            rf"^\s*(?:async )?def (?:{'|'.join(map(re.escape, checks))})\(", re.MULTILINE
        )
        chosen = tuple(
            str(path) for path in self._files() if defines.search(path.read_text(encoding="utf-8"))
        )
        return replace(self, paths=chosen) if chosen else None

    def parts(self, count: int) -> tuple[Self, ...]:
        """Deal its files out, in turn."""
        files = tuple(map(str, self._files()))
        dealt = (files[number::count] for number in range(count))
        return tuple(replace(self, paths=paths) for paths in dealt if paths)

    def _files(self) -> Iterator[Path]:
        for root in map(Path, self.paths):
            for path in sorted(root.rglob("test_*.py")) if root.is_dir() else [root]:
                if not any(part in path.as_posix() for part in self.leave_out):
                    yield path

    def examine(self, context: LayerContext, observer: Observer) -> None:
        """Run the tests until the observer has seen enough."""
        paths = self._paths(context, observer)
        if not paths:
            return
        code = pytest.main(
            [
                *paths,
                *("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=short"),
                # What was loaded and warmed up before pytest is no test.
                *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
                *("-W", "ignore::hypothesis.errors.HypothesisSideeffectWarning"),
            ],
            plugins=[_Conductor(self, context, observer)],
        )
        if code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED} and not observer.first:
            observer.found(("collection",), self.paths[0], f"pytest ended with {code!r}")

    def _paths(self, context: LayerContext, observer: Observer) -> list[str]:
        """Return the files that hold what will be run, so that no others are collected."""
        if not context.profile:
            return list(self.paths)
        spent, chosen = 0.0, []
        for name, unit in sorted(context.profile.items(), key=lambda item: item[1].seconds):
            path, _, test = name.partition("::")
            named = test.rpartition("::")[2].partition("[")[0] in observer.named
            affordable = observer.budget is None or spent < 2 * observer.budget
            if named or (affordable and context.may_differ(name)):
                spent += unit.seconds
                chosen.append(path)
        return list(dict.fromkeys(chosen))


class _Conductor:
    """A pytest plugin that runs a session's tests for an observer."""

    def __init__(self, suite: Suite, context: LayerContext, observer: Observer) -> None:
        self._suite, self._context, self._observer = suite, context, observer
        self._checks: tuple[str, ...] = ()

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[OPENED] = self._context.env
        if not self._context.thorough:
            unshrunk()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._observer.found(("collection",), report.nodeid, report.longreprtext[-LONGEST:])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in self._chosen(session.items):
            name = check_of(item)
            if self._observer.wants((name,)):
                self._checks = (name,)
                with seeded(item, self._context.seed):
                    # No next item: what is torn down need not be known beforehand.
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                self._observer.passed(unit_of(item))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        if report.failed:
            names = (check_of(item), *failure_codes(call.excinfo))
            text = f"{report.longreprtext[-LONGEST:]}\nReproduce: pytest {item.nodeid}"
            self._observer.found(names, unit_of(item), text)
        return report

    def _chosen(self, items: list[pytest.Item]) -> list[pytest.Item]:
        kept = [
            item for item in items if not any(part in item.nodeid for part in self._suite.leave_out)
        ]
        return sorted(filter(self._concerns, kept), key=self._cost)

    def _cost(self, item: pytest.Item) -> float:
        """What a test costs, and more if it enters so much that it is about nothing of it."""
        unit = self._context.profile.get(unit_of(item))
        return unit.seconds * max(1, len(unit.functions)) if unit else 0.0

    def _concerns(self, item: pytest.Item) -> bool:
        if self._context.may_differ(unit_of(item)):
            return True
        # A check that claims to notice is run in any case: the profile does not see all that a
        # test does, such as its requests to an application of its own.
        return check_of(item) in self._observer.named and unit_of(item) == item.nodeid


def check_of(item: pytest.Item) -> str:
    """Return the name of a test without its parameters."""
    return str(getattr(item, "originalname", None) or item.name.partition("[")[0])


def unit_of(item: pytest.Item) -> str:
    """Return what tells an item from others: Schemathesis' have one node id for all operations."""
    label = getattr(item, "operation_label", None)
    return f"{item.nodeid}[{label}]" if label else item.nodeid


def failure_codes(excinfo: Any) -> tuple[str, ...]:
    """Return the names of Schemathesis' checks in a failure, if it has any."""
    error = getattr(excinfo, "value", None)
    inner = getattr(error, "exceptions", (error,))
    found = [str(getattr(one, "code", "")) for one in inner]
    return tuple(name for name in dict.fromkeys(found) if name)


def unshrunk() -> None:
    """Let properties stop at the first example that fails, however large it is."""
    from hypothesis import Phase, settings  # noqa: PLC0415 - not every suite has properties

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("apiproof-unshrunk", settings.default, phases=phases)
    settings.load_profile("apiproof-unshrunk")


@contextlib.contextmanager
def seeded(item: pytest.Item, seed: int) -> Iterator[None]:
    """Let a property draw other examples than usual within a block."""
    method = getattr(item, "obj", None)
    function: Any = getattr(method, "__func__", method)
    if not seed or not hasattr(function, "hypothesis"):
        yield
        return
    from hypothesis import seed as seeding  # noqa: PLC0415 - not every suite has properties

    seeding(seed)(function)
    random.seed(seed)
    yield
