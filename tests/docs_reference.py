"""The reference pages of docs/, written from the code by `python -m tests.docs_reference`."""

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from apiproof import cli
from apiproof.environment_config import fields, placeholder_config
from apiproof.service import Account, EnvironmentControl, SeedUser, Service

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
NOTE = "<!-- Written by `python -m tests.docs_reference`: change the code, not this page. -->"


def pages() -> dict[str, str]:
    """Return the text of every page, by its name."""
    return {
        "commands.md": "\n".join(_commands()) + "\n",
        "service.md": "\n".join(_service()) + "\n",
    }


def commands(command: Any = None, name: str = "apiproof") -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, by its whole name: groups that work alone, too."""
    command = command or get_command(cli.app)
    inner_commands = getattr(command, "commands", {})
    if not inner_commands or command.invoke_without_command:
        yield name, command
    for word, inner in inner_commands.items():
        yield from commands(inner, f"{name} {word}")


def options(command: Any) -> list[str]:
    """Return the names of a command's options."""
    return [name for each in command.params for name in (*each.opts, *each.secondary_opts)]


def _commands() -> Iterator[str]:
    yield from ("# Commands", "", NOTE, "")
    yield "Exit codes of all: 0 passed, 1 failed, 2 error (wrong input, nothing reached, a crash)."
    for name, command in commands():
        yield from ("", f"## {name}", "", inspect.cleandoc(command.help or "").strip(), "")
        rows = [each for each in command.params if each.name != "help"]
        if rows:
            yield from ("| option | meaning | default |", "|---|---|---|")
        for each in rows:
            is_option = each.opts[0].startswith("-")
            shown = ", ".join(f"`{opt}`" for opt in each.opts) if is_option else each.name.upper()
            default = (
                "" if each.default in (None, False) or callable(each.default) else each.default
            )
            yield f"| {shown} | {_cell(getattr(each, 'help', '') or '')} | {_cell(str(default))} |"


def _service() -> Iterator[str]:
    yield from ("# The service file", "", NOTE, "")
    yield '`[tool.apiproof] service = "module:NAME"` in pyproject.toml names it; without that line'
    yield "it is `SERVICE` in `apiproof_service.py`. Only `app` is required."
    parts: tuple[Any, ...] = (Service, SeedUser, Account, EnvironmentControl)
    for part in parts:
        yield from ("", f"## {part.__name__}", "", _summary(part))
        described = _attributes(part)
        if part is EnvironmentControl:
            yield ""
            yield from _methods(part)
        elif described:
            yield from ("", "| field | meaning | default |", "|---|---|---|")
            for each in dataclasses.fields(part):
                yield f"| `{each.name}` | {_cell(described[each.name])} | {_default(each)} |"
    yield from ("", "## Names for templates", "")
    yield "Values of `variables` may name these, in braces: "
    yield ", ".join(f"`{name}`" for name in fields(placeholder_config("us-east-1"))) + "."


def _methods(part: type) -> Iterator[str]:
    for name, found in vars(part).items():
        function = found.fget if isinstance(found, property) else found
        if not name.startswith("_") and inspect.isfunction(function):
            yield f"- `{name}`: {inspect.cleandoc(function.__doc__ or '')}"


def _summary(part: type) -> str:
    return inspect.cleandoc(part.__doc__ or "").partition("\n")[0]


def _attributes(part: type) -> dict[str, str]:
    text = inspect.cleandoc(part.__doc__ or "").partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): ((?:.|\n(?!    \w+: ))*)", text, re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}


def _default(each: "dataclasses.Field[Any]") -> str:
    if each.default is not dataclasses.MISSING:
        return f"`{str(each.default) if isinstance(each.default, Path) else repr(each.default)}`"
    if each.default_factory is not dataclasses.MISSING:
        return f"`{each.default_factory()!r}`"
    return "required"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    stale = []
    for page, wanted in pages().items():
        target = REFERENCE / page
        if not target.is_file() or target.read_text(encoding="utf-8") != wanted:
            stale.append(page)
            if "--check" not in sys.argv:
                target.write_text(wanted, encoding="utf-8")
    print(", ".join(stale) or "the reference is current")  # noqa: T201  # a command
    sys.exit(1 if stale and "--check" in sys.argv else 0)
