"""Secrets where they do not belong: in answers, logs and reports.

Known secrets of the run are looked for as they are; tokens, password hashes, keys, stack traces
and SQL by their looks. It must not know where a text comes from.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from apiproof.redaction import LOOKS, is_secret

SHORTEST = 8  # characters of a known secret; shorter ones turn up by chance

PATTERNS: dict[str, re.Pattern[str]] = {
    **LOOKS,
    "a stack trace": re.compile(
        r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+"
        r"|\bat [\w.$]+\([\w]+\.java:\d+\)|\bat .+ \(.+\.js:\d+:\d+\)"
    ),
    "SQL": re.compile(
        r"\bSELECT\b[^;]{1,400}\bFROM\b|\bINSERT INTO\b|\bUPDATE \S+ SET\b|\bDELETE FROM\b"
        r"|psycopg2?\.|sqlalchemy\.(?:exc|orm)|sqlalche\.me|\bsqlite3\.\w+Error|ORA-\d{5}"
        r"|duplicate key value violates|violates (?:foreign key|not-null|check) constraint"
        r"|relation \"\w+\" does not exist"
    ),
}


def leaks(text: str, secrets: Iterable[str], sent: str = "") -> Iterator[str]:
    """Yield what kinds of secrets a text holds.

    Args:
        text: An answer's body, a log or a report.
        secrets: The known secrets of the run.
        sent: What the request itself said; what merely comes back by its looks is no leak.
    """
    if any(len(secret) >= SHORTEST and secret in text for secret in secrets):
        yield "a secret of the run"
    for name, pattern in PATTERNS.items():
        if any(found.group() not in sent for found in pattern.finditer(text)):
            yield name


def without_purposes(body: Any, schema: Mapping[str, Any], resolve: Any) -> Any:
    """Return a JSON body without the fields whose declared purpose is to carry a credential.

    Args:
        body: The answer's body.
        schema: Its declared schema.
        resolve: Follows references in a schema.
    """
    found = resolve(schema)
    if isinstance(body, list):
        return [without_purposes(part, found.get("items", {}), resolve) for part in body]
    if not isinstance(body, Mapping):
        return body
    declared = found.get("properties", {})
    return {
        name: without_purposes(part, declared.get(name, {}), resolve)
        for name, part in body.items()
        if not (name in declared and is_secret(name))
    }


def files_with_leaks(folder: Path, secrets: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """Yield the files below a folder, logs and reports say, that hold a secret, and its kind."""
    known = list(secrets)
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        for kind in leaks(path.read_text(encoding="utf-8", errors="replace"), known):
            yield path, kind
