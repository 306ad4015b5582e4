"""Adopting a project: reading what is there, writing the first files, saying what is missing."""

import difflib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apiproof.access.identities_file import NoSecurity, identities_file
from apiproof.errors import UserError
from apiproof.init.aws import make_buckets
from apiproof.init.enforced_security import (
    needed_group,
    needed_scopes,
    token_kinds,
    undeclared_security,
)
from apiproof.init.files import SERVICE_FILE, Plan, texts
from apiproof.init.first_request import first_request
from apiproof.init.import_root import defines, dotted, file_of, import_root, is_importable
from apiproof.init.recognition import recognise, session_enders
from apiproof.init.source import SourceFacts, read_source
from apiproof.openapi.document import operations
from apiproof.reporting.store import write_atomically

__all__ = [
    "SERVICE_FILE",
    "ApplicationNotFound",
    "Written",
    "describe",
    "first_request",
    "make_buckets",
    "needed_group",
    "needed_scopes",
    "plan_of",
    "token_kinds",
    "undeclared_security",
    "write",
]

ENVIRONMENTS = (".venv", "venv", "env")
_IDENTITIES_HEAD = """\
# Users of a deployed server, for `apiproof access --url URL --identities FILE` and for
# `APIPROOF_IDENTITIES=FILE schemathesis run URL/openapi.json`.
"""


class ApplicationNotFound(UserError):
    """No FastAPI application was found in the folder."""


@dataclass(frozen=True)
class Written:
    """What became of a file: `written`, `unchanged`, or `differs`, with the difference."""

    path: str
    outcome: str
    diff: str = ""


def plan_of(root: Path, app: str = "", python: Path | None = None) -> Plan:
    """Read a project's source.

    Args:
        root: Its folder.
        app: The application's import path; empty for the likeliest that is found.
        python: The interpreter of its environment; None for the one in a usual place.

    Raises:
        ApplicationNotFound: There is none, or none under the name.
    """
    facts = read_source(root)
    chosen = app or next(iter(facts.applications), "")
    if not chosen:
        raise ApplicationNotFound(
            f"No FastAPI application was found in {root.name}/: "
            "name it, as in `apiproof init package.module:app`."
        )
    module, _, name = chosen.partition(":")
    name = name or "app"
    file = file_of(module, facts.imports, root)
    start = root if file is None else import_root(root, file, facts.imports)
    folders = list(dict.fromkeys([root, start]))
    interpreter = python or _interpreter(root, folders)
    missing = _missing(module, name, file, interpreter)
    if missing:
        others = ", ".join(each for each in facts.applications if each != chosen)
        found = f"; found here: {others}" if others else ""
        raise ApplicationNotFound(f"{missing}: name it as package.module:name{found}.")
    return Plan(
        app=chosen if file is None else f"{dotted(file, start)}:{name}",
        python=interpreter,
        facts=facts,
        is_here=file is not None,
        import_root="" if start == root else start.relative_to(root).as_posix(),
        migrations=_migrations(root, folders, facts),
        region=_region(facts),
        install=tuple(_install(root)),
    )


def _missing(module: str, name: str, file: Path | None, python: Path | None) -> str:
    """Say what of an import path there is not; empty where it may be right."""
    if file is not None:
        is_defined = defines(file, name.partition(".")[0])
        return "" if is_defined else f"{file.name} defines no {name}"
    return "" if is_importable(module, python) else f"There is no module {module}"


def describe(plan: Plan, document: dict[str, Any]) -> Plan:
    """Add to a plan what the service's document tells."""
    plan.found = recognise(document)
    plan.enders = session_enders(document)
    asked = {
        scope
        for operation in operations(document)
        for alternative in operation.security
        for _, scopes in alternative
        for scope in scopes
    }
    plan.scopes = tuple(sorted(asked))
    plan.declares_refusals = any(
        status.startswith("4") and status != "422"
        for operation in operations(document)
        for status in operation.statuses
    )
    with suppress(NoSecurity):  # then there is nobody to sign in
        plan.identities = _IDENTITIES_HEAD + identities_file(document)
    return plan


def write(root: Path, plan: Plan) -> Iterator[Written]:
    """Write what is not there yet; a file that is there is compared, and stays as it is."""
    for name, text in texts(plan).items():
        path = root / name
        if not path.exists():
            write_atomically(path, text)
            yield Written(name, "written")
            continue
        there = path.read_text(encoding="utf-8", errors="replace")
        if there == text:
            yield Written(name, "unchanged")
        else:
            lines = difflib.unified_diff(
                there.splitlines(),
                text.splitlines(),
                f"{name} (yours)",
                f"{name} (init)",
                lineterm="",
            )
            yield Written(name, "differs", "\n".join(lines))


def _interpreter(root: Path, folders: list[Path]) -> Path | None:
    for folder in folders:
        for name in ENVIRONMENTS:
            python = folder / name / "bin" / "python"
            if python.exists():
                return python.relative_to(root)
    return None


def _install(root: Path) -> Iterator[str]:
    """Yield the commands that install a project's libraries into its `.venv`."""
    required = [*root.glob("requirements.txt"), *root.glob("*/requirements.txt")]
    if (root / "uv.lock").is_file():
        yield "pip install uv && uv sync --frozen"
    elif (root / "poetry.lock").is_file():
        yield "pip install poetry && POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install"
    elif required or (root / "pyproject.toml").is_file():
        what = f"-r {required[0].relative_to(root).as_posix()}" if required else "."
        yield f"python -m venv .venv && .venv/bin/pip install {what}"


def _migrations(root: Path, folders: list[Path], facts: SourceFacts) -> str:
    for folder in folders:
        if (folder / "alembic.ini").is_file():
            return (folder / "alembic.ini").relative_to(root).as_posix()
    if facts.creates_tables or not facts.metadata:
        return ""
    module, _, name = facts.metadata.partition(":")
    file = file_of(module, facts.imports, root)
    return f"{dotted(file, folders[-1])}:{name}" if file is not None else facts.metadata


def _region(facts: SourceFacts) -> str:
    if facts.pool_ids:
        return facts.pool_ids[0].partition("_")[0]
    return facts.regions[0] if facts.regions else "us-east-1"
