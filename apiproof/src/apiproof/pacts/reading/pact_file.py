"""From a file to a `PactFile`: every version and style, and a clear line for what isn't one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from apiproof.pacts.reading.bodies import DEEPEST, depth_of, read_body
from apiproof.pacts.reading.errors import (
    PactEmpty,
    PactMalformed,
    PactNotFound,
    PactTooLarge,
    PactUnparsable,
)
from apiproof.pacts.reading.model import (
    Interaction,
    MatchingRules,
    Message,
    PactFile,
    ProviderState,
    Request,
    Response,
)
from apiproof.pacts.reading.rules import Rules, read_rules, without_classes

LARGEST: Final = 50 * 2**20  # bytes


def load_pact(path: Path | str) -> PactFile:
    """Read a pact file of specification 1 to 4.

    Raises:
        PactError: one of its kinds, with one line that says what to do.
    """
    source = str(path)
    try:
        if Path(path).stat().st_size > LARGEST:
            raise PactTooLarge(source, f"larger than {LARGEST >> 20} MiB")
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as why:
        raise PactNotFound(source, why.strerror or type(why).__name__) from why
    except UnicodeDecodeError as why:
        raise PactUnparsable(source, "not UTF-8 text") from why
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as why:  # ValueError: also a number that is too long
        raise PactUnparsable(source, str(why) if text.strip() else "the file is empty") from why
    return parse_pact(document, source)


def parse_pact(document: Any, source: str) -> PactFile:
    """Read a pact that is JSON already, say from a URL; `source` names it in errors."""
    if depth_of(document) > DEEPEST:
        raise PactTooLarge(source, f"deeper than {DEEPEST} levels")
    if not isinstance(document, Mapping):
        raise PactMalformed(source, "$", f"a {type(document).__name__}, not an object")
    consumer, provider = (_party(document, role, source) for role in ("consumer", "provider"))
    entries = list(_entries(document, source))
    if not entries:
        raise PactEmpty(source)
    return PactFile(
        source=source,
        consumer=consumer,
        provider=provider,
        version=_version(document, entries),
        interactions=tuple(
            _interaction(raw, where, source) for raw, where, kind in entries if kind == "http"
        ),
        messages=tuple(
            Message(str(raw.get("description", "")), kind, where)
            for raw, where, kind in entries
            if kind != "http"
        ),
    )


def _party(document: Mapping[str, Any], role: str, source: str) -> str:
    party = document.get(role)
    name = party.get("name") if isinstance(party, Mapping) else None
    if not isinstance(name, str) or not name:
        raise PactMalformed(source, f"$.{role}.name", "missing")
    return name


def _entries(
    document: Mapping[str, Any], source: str
) -> Iterator[tuple[Mapping[str, Any], str, str]]:
    for group in ("interactions", "messages"):
        raw = document.get(group)
        if raw is not None and not isinstance(raw, list):
            raise PactMalformed(source, f"$.{group}", "not a list")
        for number, entry in enumerate(raw or []):
            where = f"$.{group}[{number}]"
            if not isinstance(entry, Mapping):
                raise PactMalformed(source, where, "not an object")
            yield entry, where, _kind(entry) if group == "interactions" else "message"


def _kind(entry: Mapping[str, Any]) -> str:
    kind = str(entry.get("type", "Synchronous/HTTP"))
    return "http" if kind == "Synchronous/HTTP" else kind


def _version(document: Mapping[str, Any], entries: list[tuple[Mapping[str, Any], str, str]]) -> int:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    stated = metadata.get("pactSpecification") or metadata.get("pact-specification")
    version = stated.get("version") if isinstance(stated, Mapping) else None
    version = version or metadata.get("pactSpecificationVersion")
    if version is not None and str(version)[:1].isdigit():
        return int(str(version)[:1])
    raw = [entry for entry, _, _ in entries]
    if any("type" in entry for entry in raw):
        return 4
    return 3 if any("providerStates" in entry for entry in raw) else 2


def _interaction(raw: Mapping[str, Any], where: str, source: str) -> Interaction:
    for part in ("request", "response"):
        if not isinstance(raw.get(part), Mapping):
            raise PactMalformed(source, f"{where}.{part}", "missing")
    try:
        request, response = read_request(raw["request"]), read_response(raw["response"])
    except PartMalformed as why:
        raise PactMalformed(source, f"{where}.{why.where}", why.fact) from why
    return Interaction(
        description=str(raw.get("description", "")),
        states=tuple(_states(raw)),
        request=request,
        response=response,
        position=int(where.rsplit("[", 1)[1][:-1]),
        pending=bool(raw.get("pending", False)),
        key=raw.get("key"),
        comments=raw.get("comments") or {},
    )


def _states(raw: Mapping[str, Any]) -> Iterator[ProviderState]:
    stated = raw.get("providerStates") or raw.get("providerState") or raw.get("provider_state")
    for state in stated if isinstance(stated, list) else [stated] if stated else []:
        if isinstance(state, Mapping):
            yield ProviderState(str(state.get("name", "")), state.get("params") or {})
        else:
            yield ProviderState(str(state), {})


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
