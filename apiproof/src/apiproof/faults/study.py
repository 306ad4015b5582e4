"""What a study is: defects, the layers that may notice them, and where a layer looks.

Data and protocols only; it must not know how anything is run.
"""

import importlib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from apiproof.environment import Environment
from apiproof.errors import UserError
from apiproof.faults.injection import Defect
from apiproof.faults.observer import Observer, Unit
from apiproof.process_variables import import_from
from apiproof.result_lines import fingerprint
from apiproof.service import Service


class StudyMissing(UserError):
    """No study is named, or what is named is none."""


@dataclass(frozen=True)
class LayerContext:
    """Where a layer looks.

    Attributes:
        service: The service.
        env: Its environment, for this process alone.
        operations: The operations that are worth looking at; empty means all.
        seed: 0 stands for the suites' own choice of examples, others for other examples.
        thorough: Whether a failure is to be shown as a developer would see it, made small.
        function: The only one that differs, where there is only one: `path:qualified name`.
        profile: What the layer's units cost and reached when nothing was planted; by name.
    """

    service: Service
    env: Environment
    operations: frozenset[str] = frozenset()
    seed: int = 0
    thorough: bool = True
    function: str = ""
    profile: Mapping[str, Unit] = field(default_factory=dict)

    def concerns(self, operation_id: str) -> bool:
        """Whether an operation is worth looking at."""
        return not self.operations or operation_id in self.operations

    def may_differ(self, name: str) -> bool:
        """Whether a unit can behave differently, as far as its profile tells."""
        unit = self.profile.get(name)
        if unit is None:
            return True
        if self.function:
            return self.function in unit.functions
        # What sends nothing looks at documents, say.
        return not unit.operations or any(map(self.concerns, unit.operations))


class Layer(Protocol):
    """A part of a suite, or another tool, that may notice defects."""

    @property
    def name(self) -> str:
        """The layer's name in reports."""
        ...

    @property
    def ours(self) -> bool:
        """Whether it belongs to the suite that the study is about."""
        ...

    def claiming(self, checks: Collection[str]) -> Self | None:
        """Return the part of the layer that can have some checks; None where there is none."""
        ...

    def parts(self, count: int) -> tuple[Self, ...]:
        """Return at most so many parts of it that can look side by side, each by itself."""
        ...

    def examine(self, context: LayerContext, observer: Observer) -> None:
        """Look at the service unit by unit, as long as the observer wants more."""
        ...


@dataclass(frozen=True)
class Study:
    """Defects and the layers that may notice them.

    Attributes:
        defects: The catalogue.
        layers: In the order in which they run.
        sources: Paths whose contents decide whether earlier results still hold.
        seeds: Of the control runs.
        package: The folder whose mutants are judged.
        judges: The layers that judge them.
        suppressions: What that leaves out and forgives; see `suppressions`.
    """

    defects: tuple[Defect, ...]
    layers: tuple[Layer, ...]
    sources: tuple[str, ...] = ("api", "tests", "apiproof")
    seeds: tuple[int, ...] = (0, 1, 2)
    package: Path = Path("api")
    judges: tuple[str, ...] = ("contract", "property", "access")
    suppressions: Path | None = None

    def fingerprint(self) -> str:
        """A digest of the sources: results of other sources do not hold.

        Suppressions are none of them: to forgive a survivor changes nothing that was measured.
        """
        return fingerprint(self.sources, without=self.suppressions)

    def chosen(self, pattern: str | None) -> tuple[Defect, ...]:
        """The defects whose id contains a text.

        Raises:
            StudyMissing: There is none.
        """
        found = tuple(defect for defect in self.defects if (pattern or "") in defect.id)
        exact = tuple(defect for defect in found if defect.id == pattern)
        if not found:
            raise StudyMissing(f"No defect's id contains {pattern!r}: see --list.")
        return exact or found


def load_study(name: str | None = None) -> Study:
    """Import a study.

    Args:
        name: `module:attribute`; by default `[tool.apiproof] study` of pyproject.toml.

    Raises:
        StudyMissing: Nothing is named, or it is none.
    """
    chosen = name or _configured()
    import_from()
    module, _, attribute = chosen.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute or "STUDY")
    except (ImportError, AttributeError) as error:
        raise StudyMissing(
            f"The study {chosen!r} cannot be loaded ({error}): name one as package.module:STUDY."
        ) from error
    if not isinstance(found, Study):
        raise StudyMissing(f"{chosen!r} is a {type(found).__name__}, not a Study.")
    return found


def _configured() -> str:
    path = Path("pyproject.toml")
    settings = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    name = settings.get("tool", {}).get("apiproof", {}).get("study")
    if not name:
        raise StudyMissing(
            'No study is named: add `study = "package.module:STUDY"` under [tool.apiproof] in '
            "pyproject.toml, and run from its folder."
        )
    return str(name)
