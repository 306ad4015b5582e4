"""Planted defects: faults put into a service on purpose, to see which check notices.

A defect is data: a story, its class, how it is planted, and who must catch it. It is planted in a
process that has not imported the service yet and that ends with the experiment: modules get
another text as they are imported, the database another schema. Files stay as they are. This
module must not know any service.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, ModuleType
from typing import Any

from apiproof.errors import UserError


class InjectionFailed(UserError):
    """A defect changes nothing: what it replaces is not there, or was never loaded."""


@dataclass(frozen=True)
class Rewrite:
    """Another text for one place of a module, as a careless commit would have left it.

    Attributes:
        module: The dotted name.
        before: What stands there; it must occur exactly once.
        after: What stands there instead.
    """

    module: str
    before: str
    after: str

    def applied(self, text: str) -> str:
        """Return the module's text with the replacement.

        Raises:
            InjectionFailed: What is to be replaced does not occur exactly once.
        """
        count = text.count(self.before)
        if count != 1 or self.before == self.after:
            raise InjectionFailed(
                f"In {self.module}, {self.before!r} occurs {count} times and becomes "
                f"{self.after!r}: name a text that occurs once, and another one for it."
            )
        return text.replace(self.before, self.after)


@dataclass(frozen=True)
class Statement:
    """SQL that runs after the migrations, as if these had forgotten or mistaken something."""

    sql: str


Alteration = Rewrite | Statement


@dataclass(frozen=True)
class Defect:
    """One planted defect.

    Attributes:
        id: Kebab-case, unique in its catalogue.
        story: One line, as an incident report would tell it.
        area: What is broken, a group of the catalogue: `ownership`, `pagination`.
        cwe: The weakness, `CWE-639`.
        owasp: The risk of the OWASP API Security Top 10 2023, `API1`; empty where none fits.
        alterations: How it is planted; all of them together.
        caught_by: Names of the checks that must notice; one of them has to.
        operations: operationIds where it shows, enough of them; empty means any.
        documented: Whether the author of the defect generated the OpenAPI document anew, as one
            does after a change; False leaves the committed document behind.
    """

    id: str
    story: str
    area: str
    cwe: str
    owasp: str
    alterations: tuple[Alteration, ...]
    caught_by: tuple[str, ...]
    operations: tuple[str, ...] = ()
    documented: bool = True

    @property
    def rewrites(self) -> tuple[Rewrite, ...]:
        """The plants that change code."""
        return tuple(
            alteration for alteration in self.alterations if isinstance(alteration, Rewrite)
        )

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The plants that change the database."""
        return tuple(
            alteration for alteration in self.alterations if isinstance(alteration, Statement)
        )


@dataclass
class Injection:
    """Defects being planted.

    Attributes:
        loaded: The modules that were loaded with another text so far.
    """

    wanted: dict[str, list[Rewrite]]
    loaded: set[str] = field(default_factory=set)

    def load_rest(self) -> None:
        """Import what nothing has imported so far, such as commands that tests call later.

        Raises:
            InjectionFailed: There is no such module, or it cannot be imported.
        """
        for name in sorted(self.wanted.keys() - self.loaded):
            try:
                importlib.import_module(name)
            except ImportError as error:
                raise InjectionFailed(
                    f"{name} cannot be imported, so nothing was planted: {error}."
                ) from None


@contextmanager
def injected(defects: Sequence[Defect]) -> Iterator[Injection]:
    """Rewrite modules as they are imported within a block.

    Args:
        defects: What to plant.

    Raises:
        InjectionFailed: A module is imported already, or an import finds the wrong text.
    """
    wanted: dict[str, list[Rewrite]] = {}
    for defect in defects:
        for rewrite in defect.rewrites:
            wanted.setdefault(rewrite.module, []).append(rewrite)
    if early := sorted(wanted.keys() & sys.modules.keys()):
        raise InjectionFailed(f"Imported already, so it cannot be rewritten: {', '.join(early)}.")
    injection = Injection(wanted)
    finder = _Finder(injection)
    sys.meta_path.insert(0, finder)
    try:
        yield injection
    finally:
        sys.meta_path.remove(finder)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules that are to be rewritten, where Python itself would."""

    def __init__(self, injection: Injection) -> None:
        self._planting = injection

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._planting.wanted:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._planting)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module from another text; never from, nor into, cached bytecode."""

    def __init__(self, fullname: str, path: str, injection: Injection) -> None:
        super().__init__(fullname, path)
        self._planting = injection

    def get_code(self, fullname: str) -> CodeType:
        text = importlib.util.decode_source(self.get_data(self.path))
        for rewrite in self._planting.wanted[fullname]:
            text = rewrite.applied(text)
        self._planting.loaded.add(fullname)
        code: Any = compile(text, self.path, "exec", dont_inherit=True)
        return code  # type: ignore[no-any-return]  # compile says Any
