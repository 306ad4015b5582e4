"""Mutants of a package, as cosmic-ray makes them: it knows neither us nor the service.

One of the mutants that a place in the code can have is drawn per place, so that places with many
operators do not outweigh others. Places that are not executed (annotations of local variables,
say) are as good as any. Source: cosmic-ray 8.7, `commands/init.py` for what its own session does.
"""

import ast
import contextlib
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast  # type: ignore[import-untyped]  # it has no stubs
from cosmic_ray.mutating import mutate_code  # type: ignore[import-untyped]  # it has no stubs
from cosmic_ray.plugins import get_operator, operator_names  # type: ignore[import-untyped]  # it has no stubs

from apiproof.faults.injection import Rewrite

Position = tuple[int, int]


@dataclass(frozen=True)
class Mutant:
    """One change of one place.

    Attributes:
        path: Of the file, relative to the project.
        line: Where.
        function: `path:qualified name` of the innermost function; empty outside of any.
        operator: cosmic-ray's name of the change.
        before: The line as it is.
        after: The line as it becomes.
        text: The whole mutated file.
    """

    path: str
    line: int
    function: str
    operator: str
    before: str
    after: str
    text: str

    @property
    def id(self) -> str:
        """What names it in results: place, change and resulting line."""
        return f"{self.path}:{self.line} {self.operator}: {self.after}"

    def rewrite(self) -> Rewrite:
        """How it is planted."""
        module = self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return Rewrite(module, Path(self.path).read_text(encoding="utf-8"), self.text)


def mutants(package: Path, outside: Iterable[str], seed: int) -> list[Mutant]:
    """Draw one mutant per place of a package, in random order.

    Args:
        package: The folder.
        outside: Paths that are left out, relative to the project.
        seed: Of the draw.
    """
    dice = random.Random(seed)  # noqa: S311 - a sample, no secret
    left_out = tuple(outside)
    found: list[Mutant] = []
    for path in sorted(package.rglob("*.py")):
        if not path.as_posix().startswith(left_out) if left_out else True:
            found += _of(path, dice)
    dice.shuffle(found)
    return found


def _of(path: Path, dice: random.Random) -> Iterator[Mutant]:
    text = path.read_text(encoding="utf-8")
    places: dict[tuple[Position, Position], list[tuple[str, int]]] = defaultdict(list)
    tree = get_ast(text)
    for name in operator_names():
        operator_class = get_operator(name)
        if operator_class.arguments():
            continue  # as in cosmic-ray's own session without a configuration
        operator = operator_class()
        positions = (
            place for node in ast_nodes(tree) for place in operator.mutation_positions(node)
        )
        for occurrence, place in enumerate(positions):
            places[place].append((name, occurrence))
    functions, lines = _functions(text), text.splitlines()
    for (start, _), choices in sorted(places.items()):
        if lines[start[0] - 1].strip() == "@override":
            continue  # it only marks (PEP 698): without it the program is the same
        name, occurrence = dice.choice(choices)
        mutated = None
        with contextlib.suppress(AttributeError):  # `except some.Error`, which it cannot replace
            mutated = mutate_code(text, get_operator(name)(), occurrence)
        if mutated is not None and mutated != text:
            yield _mutant(path, start[0], functions, (text, mutated, name))


def _mutant(
    path: Path, line: int, functions: dict[int, str], change: tuple[str, str, str]
) -> Mutant:
    text, mutated, operator = change
    before, after = text.splitlines(), mutated.splitlines()
    differing = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), line - 1
    )
    inside = functions.get(line)
    return Mutant(
        path=path.as_posix(),
        line=line,
        function=f"{path.as_posix()}:{inside}" if inside else "",
        operator=operator.removeprefix("core/"),
        before=before[differing].strip(),
        after=after[differing].strip(),
        text=mutated,
    )


def _functions(text: str) -> dict[int, str]:
    """Return the innermost function of each line of code within one, by its qualified name.

    Signatures and decorators are executed at import, so they belong to no function.
    """
    found: dict[int, str] = {}

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{prefix}{child.name}"
                for line in range(child.body[0].lineno, (child.end_lineno or 0) + 1):
                    found[line] = name
                visit(child, f"{name}.<locals>.")
            elif isinstance(child, ast.ClassDef):
                visit(child, f"{prefix}{child.name}.")
            else:
                visit(child, prefix)

    visit(ast.parse(text), "")
    return found
