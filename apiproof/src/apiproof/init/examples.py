"""The values that a project's committed example of an env file gives to its variables."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

# `.env.example`, `example.env`, `.env.dist` and misspelt ones; never `.env`, which holds secrets.
_FILE = re.compile(r"(?i)(?=.*env)(?=.*(ex\w?mple|sample|template|dist)).*")
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(\"[^\"]*\"|'[^']*'|[^#]*)")
_SECRET = re.compile(r"(?i).*(SECRET|PASSWORD|PASSWD|TOKEN|CREDENTIAL|KEY|PRIVATE|SALT).*")
_ADDRESS = re.compile(r"https://cognito-idp\.[^./]+\.amazonaws\.com")
_TEMPLATE = "https://cognito-idp.{region}.amazonaws.com"
# What is left to be filled in, and other people's servers, which no test may reach.
_ELSEWHERE = re.compile(
    r"[<>]|\$\{|://(?!localhost\b|127\.0\.0\.1\b|cognito-idp\.[^./]+\.amazonaws\.com\b)"
)
# Values that an environment has its own of, whatever the variable's name.
_SHAPES = (
    (re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d_\w+"), "{user_pool_id}"),
    (re.compile(r"(?:af|ap|ca|eu|il|me|mx|sa|us)(?:-[a-z]+)+-\d"), "{region}"),
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_LARGEST = 65_536  # bytes; a file of variables is short


def example_values(folders: Iterable[Path]) -> dict[str, str]:
    """Return templates by the name of a variable, as `Service.variables` holds them.

    What names a secret, is left to be filled in or lies on another machine is not there.
    Cognito's address keeps what follows it and gets the environment's region.

    Args:
        folders: The project's; only files that lie in them directly are read, the first one counts.
    """
    return {
        name: _template_of(value)
        for name, value in _lines(folders)
        if not _SECRET.fullmatch(name) and not _ELSEWHERE.search(value)
    }


def _template_of(value: str) -> str:
    for shape, template in _SHAPES:
        if shape.fullmatch(value):
            return template
    return _ADDRESS.sub(_TEMPLATE, value.replace("{", "{{").replace("}", "}}"))


def example_schemes(folders: Iterable[Path]) -> dict[str, str]:
    """Return the schemes of example URLs (`postgresql+asyncpg://`) by the name of a variable."""
    found = ((name, _SCHEME.match(value)) for name, value in _lines(folders))
    return {name: match.group() for name, match in found if match}


def example_regions(folders: Iterable[Path]) -> list[str]:
    """Return the AWS regions that examples name."""
    [region] = [shape for shape, template in _SHAPES if template == "{region}"]
    return [value for name, value in _lines(folders) if "REGION" in name and region.match(value)]


def example_names(folders: Iterable[Path]) -> list[str]:
    """Return the names of the variables that examples have, also of those without a value."""
    return [name for name, _ in _lines(folders, with_empty=True)]


def _lines(folders: Iterable[Path], *, with_empty: bool = False) -> Iterator[tuple[str, str]]:
    # Backwards: of two values a dictionary keeps the last.
    for path in (path for folder in reversed(list(folders)) for path in sorted(folder.iterdir())):
        if not _FILE.fullmatch(path.name) or path.suffix == ".py" or not path.is_file():
            continue
        if path.stat().st_size > _LARGEST:
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if match := _LINE.match(line.strip()):
                value = match[2].strip().strip("\"'")
                if (value or with_empty) and value.isprintable():
                    yield match[1].upper(), value
