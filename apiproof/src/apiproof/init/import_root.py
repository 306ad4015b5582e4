"""The folder that a project's own imports start from: its top, or `src`, or `backend`."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

# By file: the modules that it imports, and what it takes from them, with dots.
Imports = Mapping[Path, frozenset[str]]


def imported_by(tree: ast.Module) -> frozenset[str]:
    """Return what a module imports by absolute names: `a.b` and `a.b.c` of `from a.b import c`."""
    return frozenset(_imported(tree))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def import_root(root: Path, application: Path, imports: Imports) -> Path:
    """Return the folder below which most of what a project imports is found; the topmost of equals.

    Args:
        root: The project's folder.
        application: The file of its application.
        imports: Of all its files.
    """
    below = (each for each in application.parents if each == root or root in each.parents)
    names = frozenset().union(*imports.values())
    return max(sorted(below), key=lambda folder: sum(_is_there(folder, name) for name in names))


def dotted(path: Path, folder: Path) -> str:
    """Return the name by which a file below a folder is imported."""
    return ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


def file_of(module: str, files: Iterable[Path], root: Path) -> Path | None:
    """Return the file of a module, whatever folder its name starts from; None: there is none."""
    fitting = [it for it in files if f".{dotted(it, root)}".endswith(f".{module}")]
    return min(fitting, key=lambda it: len(it.parts), default=None)


def defines(file: Path, name: str) -> bool:
    """Whether a module may have a name: what is there by `*` or made at run time is not known."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        match node:
            case ast.Name(id=found, ctx=ast.Store()):
                names = {found}
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names = {node.name}
            case ast.ImportFrom() | ast.Import():
                names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            case _:
                continue
        if names & {name, "*", "__getattr__"}:
            return True
    return False


def is_importable(module: str, python: Path | None) -> bool:
    """Whether an interpreter finds a module from this folder; only what it lies in is run.

    Args:
        module: Its name, with dots.
        python: The interpreter; None means this one.
    """
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
    command = [str(python or sys.executable), "-B", "-c", code, module]
    try:
        return not subprocess.run(command, capture_output=True, check=False).returncode  # noqa: S603  # the project's own interpreter
    except OSError:
        return True  # which is told where it is to serve the application


def _is_there(folder: Path, name: str) -> bool:
    module = folder.joinpath(*name.split("."))
    return module.with_name(f"{module.name}.py").is_file() or (module / "__init__.py").is_file()
