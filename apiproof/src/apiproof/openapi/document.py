"""Reads OpenAPI documents from files and URLs: JSON and YAML 1.2, with the files they refer to.

What a document can cost is limited: its bytes, its depth, and what YAML aliases multiply.
"""

import json
import posixpath
import urllib.error
import urllib.request
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import unquote, urljoin, urlsplit

import jsonpointer
import jsonschema_rs

from apiproof.openapi.identifiers import Identifiers, references_of
from apiproof.openapi.operations import Operation, operations
from apiproof.openapi.references import (
    EXTERNAL,
    DanglingReference,
    Document,
    DocumentError,
    DocumentMissing,
    as_document,
    join_pointer,
    pointer_steps,
    resolve_ref,
    shown_place,
    steps_to_extension,
)
from apiproof.openapi.routing import Route, Router
from apiproof.openapi.strict_json import HalfCharacter, strict_json
from apiproof.openapi.yaml12 import MAX_DEPTH, one_line, parse_yaml

__all__ = [
    "DanglingReference",
    "Document",
    "DocumentError",
    "DocumentMissing",
    "Operation",
    "Route",
    "Router",
    "as_document",
    "load_document",
    "operations",
    "parse_document",
    "parse_yaml",
    "require_sound",
    "resolve_ref",
]

MAX_BYTES: Final = 64 * 2**20
_TIMEOUT: Final = 20.0


def load_document(source: str | Path, allowed_urls: Sequence[str] = ()) -> dict[str, Any]:
    """Read an OpenAPI 3 document and what it refers to, as one document.

    References to other files are loaded and led to `#/x-external/<file>`.

    Args:
        source: A path or an http(s) URL; JSON or YAML.
        allowed_urls: Beginnings of the URLs that may be fetched besides the source's own folder.

    Raises:
        DocumentError: It cannot be read, is no OpenAPI 3 document, or refers to what is not given.
    """
    raw = _Bundle(str(source), tuple(allowed_urls)).load()
    Document(raw, str(source)).require_openapi_3()
    return dict(raw)


def parse_document(text: str, name: str) -> Any:
    """Parse JSON or YAML 1.2.

    Args:
        text: What the file holds.
        name: What messages call it; one that ends in `.json` is JSON only.

    Raises:
        DocumentError: It is neither, or over the limits.
    """
    text = text.removeprefix("\ufeff")
    if name.lower().endswith(".json") or text.lstrip()[:1] in ("{", "["):
        try:
            value = strict_json(text)
        except HalfCharacter as error:
            raise DocumentError(f"{name}: {error}; repair it.") from None
        except ValueError as error:
            if name.lower().endswith((".yaml", ".yml")):
                return parse_yaml(text, name)
            raise DocumentError(f"{name}: not JSON ({one_line(error)}).") from None
        _require_depth(value, name)
        return value
    return parse_yaml(text, name)


def _require_depth(value: Any, name: str) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise DocumentError(f"{name}: nested more than {MAX_DEPTH} levels deep.")
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]


class _Bundle:
    """One document and the files that it refers to, each loaded once."""

    def __init__(self, source: str, allowed: tuple[str, ...]) -> None:
        if _is_url(source) and "@" in urlsplit(source).netloc:
            raise DocumentError(
                "A URL with a name or a password in it would be printed; fetch the document, and "
                "name the file."
            )
        self._source = source
        self._root = source if _is_url(source) else Path(source).as_posix()
        self._folder = self._root.rpartition("/")[0]
        self._allowed = (*allowed, f"{self._folder}/") if _is_url(source) else allowed
        for beginning in self._allowed:
            if not _is_url(beginning) or not urlsplit(beginning).hostname:
                raise DocumentError(f"{beginning} begins no http(s) URL; write https://host/path.")
        self._names: dict[str, str] = {self._root: ""}
        self._files: dict[str, Any] = {}
        self._unread: list[tuple[Any, str]] = []
        self._identifiers = Identifiers()
        self._reads_identifiers = True  # `$id` came with OpenAPI 3.1

    def load(self) -> dict[str, Any]:
        """Read everything, as one document."""
        raw = parse_document(_read(self._root), self._source)
        if not isinstance(raw, dict):
            found = type(raw).__name__
            raise DocumentError(f"{self._source}: expected an OpenAPI object, got {found}.")
        self._reads_identifiers = not str(raw.get("openapi", "")).startswith("3.0")
        self._register(raw, self._root)
        no_texts: list[str] = []
        followed: set[str] = set()
        while self._unread:
            node, location = self._unread.pop()
            here: list[str] = []
            for holder, key, reference, base in references_of(node, location, here):
                pointer = self._led(reference, base, location)
                followed.add(unquote(pointer))
                holder[key] = f"#{pointer}"
            no_texts += [self._prefix(location) + pointer for pointer in here]
        self._require_texts(no_texts, followed)
        if self._reads_identifiers:
            self._identifiers.settle(raw, self._root)
            for where, name in self._names.items():
                self._identifiers.settle(self._files.get(name), where)
        if self._files:
            raw[EXTERNAL] = self._files
        return raw

    def _require_texts(self, no_texts: Sequence[str], followed: set[str]) -> None:
        """Refuse references that are no texts; in an extension only where a reference leads there.

        It is said here, for all commands alike: where two documents share one, nothing compares it.
        """
        for pointer in no_texts:
            steps = pointer_steps(pointer)
            outer = steps_to_extension(steps)
            ways = (join_pointer("", *steps[:end]) for end in range(outer, len(steps)))
            if not outer or not followed.isdisjoint(ways):
                raise DocumentError(
                    f"{self._source}: the reference at {shown_place(pointer)} is no text; write "
                    "what it refers to, or remove it."
                )

    def _register(self, parsed: Any, location: str) -> None:
        self._unread.append((parsed, location))
        if self._reads_identifiers:
            self._identifiers.register(parsed, location, self._prefix(location))

    def _led(self, reference: str, base: str, location: str) -> str:
        """Return the pointer in the one document that a reference of one file leads to."""
        if (known := self._identifiers.pointer(reference, base)) is not None:
            return known
        target, _, fragment = reference.partition("#")
        where = self._located(target, location, reference) if target else location
        if where not in self._names:
            self._load_file(where, reference)
        if fragment and not fragment.startswith("/") and where != self._root:
            known = self._identifiers.pointer(f"#{fragment}", where)
            if known is None:
                raise DanglingReference(
                    f"{self._source}: the reference {reference} in {location} leads nowhere; "
                    "repair it."
                )
            return known
        return f"{self._prefix(where)}{fragment}"

    def _load_file(self, where: str, reference: str) -> None:
        self._names[where] = self._name(where)
        try:
            parsed = parse_document(_read(where), where)
        except DocumentMissing:
            text = f"{self._source}: {reference} leads to no file; bundle it into the document."
            raise DocumentError(text) from None
        self._files[self._names[where]] = parsed
        self._register(parsed, where)

    def _prefix(self, where: str) -> str:
        name = self._names[where]
        return f"/{EXTERNAL}/{jsonpointer.escape(name)}" if name else ""

    def _located(self, target: str, location: str, reference: str) -> str:
        where = urljoin(location, target) if _is_url(location) else target
        if _is_url(where):
            if where in self._names or any(_begins(each, where) for each in self._allowed):
                return where
            raise DocumentError(
                f"{self._source}: the reference {reference} leads to a URL that was not given; "
                "allow its beginning, or bundle the document."
            )
        if target.startswith("/") or ":" in target:
            raise DocumentError(
                f"{self._source}: the reference {reference} is not relative; bundle the document."
            )
        return posixpath.normpath(posixpath.join(posixpath.dirname(location), unquote(target)))

    def _name(self, where: str) -> str:
        if _is_url(where):
            return where.removeprefix(f"{self._folder}/")
        return posixpath.relpath(where, self._folder or ".")


def _is_url(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _begins(beginning: str, url: str) -> bool:
    """Tell whether a URL is of the same origin and below the same path, however that is written."""
    allowed, asked = urlsplit(beginning), urlsplit(url)
    if (allowed.scheme, allowed.netloc.lower()) != (asked.scheme, asked.netloc.lower()):
        return False
    below = unquote(asked.path)
    if ".." in below.split("/") or "\\" in below:
        return False
    return below == allowed.path or below.startswith(f"{allowed.path.rstrip('/')}/")


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: what was allowed is an address, not where it may lead."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


def _read(location: str) -> str:
    try:
        if _is_url(location):
            opener = urllib.request.build_opener(_SameHost)
            with opener.open(location, timeout=_TIMEOUT) as answer:
                return _text(answer, location)
        if not Path(location).is_file():
            raise DocumentMissing(
                f"No OpenAPI document at {location}. Generate it, or name another with --openapi."
            )
        with Path(location).open("rb") as file:
            return _text(file, location)
    except urllib.error.URLError as error:
        raise DocumentError(f"{location}: cannot be fetched ({one_line(error)}).") from None
    except OSError as error:
        raise DocumentError(f"{location}: cannot be read ({error.strerror or error}).") from None


def _text(file: IO[bytes], location: str) -> str:
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise DocumentError(f"{location}: larger than {MAX_BYTES // 2**20} MiB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(f"{location}: not UTF-8 text.") from None


def require_sound(document: Document) -> Document:
    """Return a document that is built as OpenAPI 3 is, so that the rest may rely on it.

    Raises:
        DocumentError: It is not; the text names the first place.
    """
    document.require_openapi_3()
    error = next(iter(_structure().iter_errors(document.raw)), None)
    if error is not None:
        place = shown_place(join_pointer("", *error.instance_path))
        raise DocumentError(
            f"{document.name}: not built as OpenAPI 3 at {place}: {error.message}; repair it."
        )
    return document


@cache
def _structure() -> jsonschema_rs.Draft202012Validator:
    text = Path(__file__).with_name("structure.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text), mask="this part")
