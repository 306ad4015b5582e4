"""Which functions of a package are entered: each says so itself, with a line put into its body.

A tracer of Python's (`sys.settrace`) is asked at every call of every library, which made a suite
three times as slow; this costs the package's own calls only, in whichever thread they run.
"""

import ast
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final, Self

from apiproof.errors import UserError

_NOTE: Final = "__entered__"  # a global of each module of the package
_ACTIVE: "Final[list[Reach]]" = []


class ReachUnknown(UserError):
    """The package is imported already, so its functions would note nothing."""


class Reach:
    """Notes the functions that are entered, of modules that are imported within its block.

    Args:
        folder: Of the package, which is the first part of the functions' paths.
    """

    def __init__(self, folder: Path) -> None:
        self._prefix = f"{folder.resolve()}/"
        self._root = len(str(folder.resolve().parent)) + 1
        self._entered: set[str] = set()

    def taken(self) -> tuple[str, ...]:
        """Return the functions since the last time, as `path:qualified name`."""
        entered, self._entered = self._entered, set()
        return tuple(sorted(entered))

    def note(self, function: str) -> None:
        """Note that a function is entered."""
        self._entered.add(function)

    def __enter__(self) -> Self:
        files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
        early = sorted(name for name, file in files.items() if self._has(file))
        if early:
            raise ReachUnknown(f"Imported already, so it notes nothing: {', '.join(early)}.")
        sys.meta_path.insert(0, self)
        _ACTIVE.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)
        _ACTIVE.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module of the package, as Python's import system asks."""
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not self._has(spec.origin) or not str(spec.origin).endswith(".py"):
            return None
        spec.loader = _Loader(fullname, str(spec.origin), self)
        return spec

    def noting(self, text: str, path: str) -> CodeType:
        """Compile a module so that each function notes that it is entered.

        Args:
            text: of the module.
            path: where it stands; lines keep their numbers.
        """
        tree = ast.parse(text)
        _insert_notes(tree, f"{path[self._root :]}:")
        # By an import of its own: who runs a module (`runpy`) gives it globals of theirs.
        imported = ast.ImportFrom(__name__, [ast.alias(entered.__name__, _NOTE)], 0)
        tree.body.insert(_first(tree), imported)
        ast.fix_missing_locations(tree)
        code: Any = compile(tree, path, "exec", dont_inherit=True)
        return code  # type: ignore[no-any-return]  # compile says Any

    def _has(self, path: str | None) -> bool:
        return path is not None and path.startswith(self._prefix)


def entered(function: str) -> None:
    """Note that a function is entered, wherever that is asked for."""
    for reach in _ACTIVE:
        reach.note(function)


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module whose functions note; never from, nor into, cached bytecode."""

    def __init__(self, fullname: str, path: str, reach: Reach) -> None:
        super().__init__(fullname, path)
        self._reach = reach

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - as Python's loaders have it
        text = importlib.util.decode_source(self.get_data(self.path))
        return self._reach.noting(text, self.path)


def _first(tree: ast.Module) -> int:
    """Return where a module's statements begin, after what has to stand before all others."""
    documented = int(ast.get_docstring(tree, clean=False) is not None)
    future = [isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in tree.body]
    return len(future) - future[::-1].index(True) if True in future else documented


def _insert_notes(node: ast.AST, prefix: str) -> None:
    """Let each function within a node begin with a note of its name, after its docstring."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{prefix}{child.name}"
            _insert_notes(child, f"{name}.<locals>.")
            first = int(ast.get_docstring(child, clean=False) is not None)
            call = ast.Call(ast.Name(_NOTE, ast.Load()), [ast.Constant(name)], [])
            note = ast.copy_location(ast.Expr(call), child.body[0])
            child.body.insert(first, ast.fix_missing_locations(note))
        elif isinstance(child, ast.ClassDef):
            _insert_notes(child, f"{prefix}{child.name}.")
        else:
            _insert_notes(child, prefix)
