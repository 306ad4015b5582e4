"""Which servers a document names, for all operations and for one, and which are gone.

A server's base path and an operation's path are one path on the wire: what moves from the one into
the other is where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from apiproof.contract_diff.document.changes import DocumentComparison, Place, Side, Subject
from apiproof.openapi.operations import Operation, operations, template_key
from apiproof.openapi.references import Document, Located

MOST_URLS = 256
"""Into how many URLs the variables of one server are written out."""
PORTS = {"http": 80, "https": 443}
ROOT = {"url": "/"}
"""The server of a document that names none (OpenAPI 3.1.1, OpenAPI Object, `servers`)."""


def compare_servers(comparison: DocumentComparison) -> None:
    """Report the servers that the document has no longer, and those it gained."""
    subject = Subject("", Side.OPERATION, Place("operation"), "The servers")
    before, after = (
        [each for each in operations(document) if not _own(each).node]
        for document in (comparison.old, comparison.new)
    )
    old, new = _of_document(comparison.old), _of_document(comparison.new)
    _compare(comparison, subject, (old, before), (new, after))


def compare_own_servers(
    comparison: DocumentComparison, subject: Subject, old: Operation, new: Operation
) -> None:
    """Report the same of one operation, where it or its path names servers of its own."""
    before, after = _own(old), _own(new)
    if before.node or after.node:
        before = before if before.node else _of_document(comparison.old)
        after = after if after.node else _of_document(comparison.new)
        _compare(comparison, subject, (before, [old]), (after, [new]))


def wire_keys(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield what identifies an operation on the wire, the base paths of its servers included."""
    servers = _own(operation).node or _of_document(operation.document).node or [ROOT]
    for url in _urls(servers, defaults=True):
        yield operation.method, template_key(_path(url).rstrip("/") + operation.path)


def _of_document(document: Document) -> Located:
    return document.root.at("servers")


def _own(operation: Operation) -> Located:
    own = operation.part.at("servers")
    return own if own.node else operation.item.at("servers")


Served = tuple[Located, Sequence[Operation]]
"""Servers, and the operations that are reached there."""


def _compare(comparison: DocumentComparison, subject: Subject, one: Served, other: Served) -> None:
    (old, _), (new, _) = one, other
    before, after = (dict.fromkeys(_urls(part.node or [ROOT])) for part in (old, new))
    at, there = (part.pointer if part.node else "" for part in (old, new))
    for url in before if old.node else ():  # who named none may have meant any
        if url not in after and not _addresses([url], one[1]) <= _addresses(after, other[1]):
            comparison.add(
                subject, "server-removed", f"The server {url} is no longer named.",
                old=at, new=there, breaking=False,
            )  # fmt: skip
    defaults = _defaults(old.node), _defaults(new.node)
    for key in defaults[0].keys() & defaults[1].keys():
        was, now = (each[key] for each in defaults)
        if was != now:
            comparison.add(
                subject, "server-default-changed",
                f"The default of `{key[1]}` in the server {key[0]} changed from {was} to {now}.",
                old=at, new=there, breaking=True,
            )  # fmt: skip
    if after.keys() - before.keys():
        comparison.add(
            subject, "servers-changed", f"The servers are now {', '.join(after)}.",
            old=at, new=there, breaking=False,
        )  # fmt: skip


def _addresses(urls: Iterable[str], served: Sequence[Operation]) -> set[tuple[str, str]]:
    """Return the methods and whole URLs of operations; one that is nowhere where there is none."""
    if not served:
        return {("", url) for url in urls}
    return {(o.method, template_key(url.rstrip("/") + o.path)) for url in urls for o in served}


def _defaults(servers: list[Any] | None) -> dict[tuple[str, str], str]:
    """Return what stands for each variable that nobody chooses, by URL and name."""
    return {
        (_normal(str(server.get("url", ""))), name): str(variable.get("default"))
        for server in servers or ()
        for name, variable in ((server or {}).get("variables") or {}).items()
        if isinstance(variable, Mapping)
    }


def _urls(servers: list[Any], *, defaults: bool = False) -> Iterator[str]:
    """Yield the URLs of servers; variables that have an enum, or a default, are written out."""
    for server in servers:
        variables = (server or {}).get("variables") or {}
        listed = {
            name: [str(value) for value in variable.get("enum") or [variable["default"]]]
            for name, variable in variables.items()
            if isinstance(variable, Mapping)
            and (variable.get("enum") or (defaults and "default" in variable))
        }
        for values in islice(product(*listed.values()), MOST_URLS):
            url = str((server or {}).get("url", ""))
            for name, value in zip(listed, values, strict=True):
                url = url.replace(f"{{{name}}}", value)
            yield _normal(url)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # it is none
        return url


def _normal(url: str) -> str:
    """Return a URL as RFC 3986, 6.2, compares it, without a slash at its end."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # it is none
        return url
    host = parts.netloc.lower()
    if port is not None and PORTS.get(parts.scheme) == port:
        host = host.removesuffix(f":{port}")
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), parts.query, "")) or "/"
