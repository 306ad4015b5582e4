"""From what a person names to pacts in memory: files, folders and URLs of pact files.

Everything wrong is collected, a line each, so that one run tells all. It must not know providers
or how a pact is verified; Brokers are `broker`'s.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apiproof.pacts.reading import PactError, PactFile, load_pact, parse_pact
from apiproof.pacts.verify.fetching import Credentials, Unfetched, fetch_json, shown_url


@dataclass(frozen=True)
class Source:
    """A pact that was read.

    Attributes:
        pact: what it says.
        document: the JSON it was read from.
        is_pending: a Broker says that it breaks nobody yet.
        publish_url: where a Broker takes the result; None for files.
    """

    pact: PactFile
    document: dict[str, Any]
    is_pending: bool = False
    publish_url: str | None = None


@dataclass
class Sources:
    """What was read, and a line for everything that could not be."""

    found: list[Source] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add_document(
        self, document: Any, name: str, *, pending: bool = False, publish_url: str | None = None
    ) -> None:
        """Take a pact that is JSON already."""
        try:
            pact = parse_pact(document, name)
        except PactError as why:
            self.problems.append(str(why))
        else:
            self.found.append(Source(pact, document, pending, publish_url))

    def add_file(self, path: Path) -> None:
        """Take a pact file."""
        try:
            pact = load_pact(path)
        except PactError as why:
            self.problems.append(str(why))
        else:
            document = json.loads(path.read_text(encoding="utf-8-sig"))
            self.found.append(Source(pact, document))

    def add_url(self, url: str, credentials: Credentials) -> None:
        """Take a pact file that a web server has."""
        try:
            document = fetch_json(url, credentials)
        except Unfetched as why:
            self.problems.append(f"{why} Name the URL of a pact file.")
        else:
            self.add_document(document, shown_url(url))


def read_sources(names: Sequence[str], credentials: Credentials) -> Sources:
    """Read every pact that the names lead to, each once.

    Args:
        names: paths of files and folders, `file:`, `http:` and `https:` URLs.
        credentials: for URLs.
    """
    sources = Sources()
    seen: set[str] = set()
    for name in names:
        if name.lower().startswith(("http://", "https://")):
            if name not in seen:
                sources.add_url(name, credentials)
            seen.add(name)
            continue
        folder = Path(name.removeprefix("file://"))
        paths = list(_files(folder))
        if not paths:
            sources.problems.append(
                f"{folder}: no pact file (*.json) in this folder; name another."
            )
        for path in paths:
            if (key := str(path.resolve())) not in seen:
                sources.add_file(path)
            seen.add(key)
    return sources


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(path.rglob("*.json"))
    else:
        yield path
