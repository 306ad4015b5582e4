"""The reports that `schemathesis run` writes by itself, freed of secrets when it has ended.

Schemathesis 4.32 hides headers in its HAR files, but no body, and prints answers into JUnit as they
came. Where its reports are is said by its arguments, or by `schemathesis.toml`.
"""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from apiproof.redaction import redact_har, redact_junit

CONFIGURATION = Path("schemathesis.toml")
DEFAULT = Path("schemathesis-report")  # Schemathesis' own
OPTIONS = ("--report-junit-path", "--report-har-path")


def redact_reports(since: float, arguments: Sequence[str]) -> None:
    """Redact the JUnit and HAR files of this run.

    Args:
        since: When it began, in seconds since the epoch: older files are somebody else's.
        arguments: Of its command line.
    """
    for path in _reports(arguments):
        if path.is_file() and path.stat().st_mtime >= since - 1:
            redact = redact_har if path.suffix in {".har", ".json"} else redact_junit
            redact(path)


def _reports(arguments: Sequence[str]) -> Iterator[Path]:
    folders = [_folder()]
    for option, value in zip(arguments, [*arguments, ""][1:], strict=True):
        name, equals, rest = option.partition("=")
        if name in OPTIONS:
            yield Path(rest if equals else value)
        if name == "--report-dir":
            folders.append(Path(rest if equals else value))
    for folder in folders:
        for pattern in ("*.har", "har-*.json", "junit*.xml"):
            yield from folder.glob(pattern)


def _folder() -> Path:
    if not CONFIGURATION.is_file():
        return DEFAULT
    settings = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))
    return Path(settings.get("reports", {}).get("directory", DEFAULT))
