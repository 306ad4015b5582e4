"""Requests and responses, read from the forms that the versions and libraries give them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apiproof.pacts.reading.bodies import read_body
from apiproof.pacts.reading.model import MatchingRules, Request, Response
from apiproof.pacts.reading.ruby import Rules, without_classes
from apiproof.pacts.reading.rules import read_rules

Values = dict[str, tuple[str, ...]]


class PartMalformed(Exception):
    """A request or response that cannot be read: `where` under the interaction, and the `fact`."""

    def __init__(self, where: str, fact: str) -> None:
        super().__init__(f"{where}: {fact}")
        self.where = where
        self.fact = fact


def read_request(raw: Mapping[str, Any]) -> Request:
    """The request of an interaction; its path without the query that V1 files may append."""
    plain, embedded = without_classes(raw)
    method, path = plain.get("method", "GET"), plain.get("path", "/")
    for name, value in (("method", method), ("path", path)):
        if not isinstance(value, str):
            raise PartMalformed(f"request.{name}", "not text")
    split = urlsplit(path)
    headers = _values(plain.get("headers"), "request.headers")
    return Request(
        method=method.upper(),
        path="/" + split.path.removeprefix("/"),
        query={**_query(split.query), **_query(plain.get("query"))},
        headers=headers,
        body=_body(plain, headers, "request"),
        matchers=_rules(plain, embedded),
        generators=plain.get("generators") or {},
    )


def read_response(raw: Mapping[str, Any]) -> Response:
    """The response of an interaction; 200 where the pact states no status."""
    plain, embedded = without_classes(raw)
    status = plain.get("status", 200)
    if isinstance(status, bool) or not str(status).isdigit():
        raise PartMalformed("response.status", "not a status code")
    headers = _values(plain.get("headers"), "response.headers")
    return Response(
        status=int(status),
        headers=headers,
        body=_body(plain, headers, "response"),
        matchers=_rules(plain, embedded),
        generators=plain.get("generators") or {},
    )


def _rules(plain: Mapping[str, Any], embedded: Rules) -> MatchingRules:
    rules = read_rules(plain.get("matchingRules"))
    return replace(rules, body=(*rules.body, *embedded))


def _body(plain: Mapping[str, Any], headers: Values, part: str) -> Any:
    stated = (", ".join(v) for name, v in headers.items() if name.lower() == "content-type")
    header = next(stated, None) or None
    try:
        return read_body(plain, header)
    except ValueError as why:
        raise PartMalformed(f"{part}.body.content", f"not the JSON it claims: {why}") from why


def _query(raw: Any) -> Values:
    if isinstance(raw, str):
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(raw.removeprefix("?"), keep_blank_values=True):
            values.setdefault(name, []).append(value)
        return {name: tuple(items) for name, items in values.items()}
    return _values(raw, "request.query")


def _values(raw: Any, where: str) -> Values:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise PartMalformed(where, "neither an object nor missing")
    return {
        str(name): tuple(_text(item) for item in (value if isinstance(value, list) else [value]))
        for name, value in raw.items()
        if value != []
    }


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
