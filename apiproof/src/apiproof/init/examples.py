"""The values that a project's committed example of an env file gives to its variables."""

import re
from collections.abc import Iterator
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
_LARGEST = 65_536  # bytes; a file of variables is short


def example_values(root: Path) -> dict[str, str]:
    """Return templates by the name of a variable, as `Service.variables` holds them.

    What names a secret, is left to be filled in or lies on another machine is not there.
    Cognito's address keeps what follows it and gets the environment's region.

    Args:
        root: The project's folder; only files that lie in it directly are read.
    """
    found: dict[str, str] = {}
    for path in sorted(root.iterdir()):
        if not _FILE.fullmatch(path.name) or path.suffix == ".py" or not path.is_file():
            continue
        if path.stat().st_size <= _LARGEST:
            found |= dict(_lines(path.read_text(encoding="utf-8", errors="replace")))
    return found


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if not (match := _LINE.match(line.strip())) or _SECRET.fullmatch(match[1]):
            continue
        value = match[2].strip().strip("\"'")
        if value and value.isprintable() and not _ELSEWHERE.search(value):
            literal = value.replace("{", "{{").replace("}", "}}")
            yield (
                match[1].upper(),
                _ADDRESS.sub("https://cognito-idp.{region}.amazonaws.com", literal),
            )
