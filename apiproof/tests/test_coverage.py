import asyncio
from pathlib import Path
from typing import Any

import pytest

from apiproof.coverage import CoverageLog, Entry, evaluate, gaps, read_exclusions, record_responses
from apiproof.errors import UserError
from apiproof.openapi.document import operations

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/open": {"get": {"operationId": "open", "responses": {"200": {}, "422": {}}}},
        "/locked": {
            "get": {
                "operationId": "locked",
                "security": [{"oauth": []}],
                "responses": {"200": {}, "401": {}},
            }
        },
    }
}
COMPLETE = [
    Entry("open", 200, authenticated=False),
    Entry("open", 422, authenticated=False),
    Entry("locked", 200, authenticated=True),
    Entry("locked", 401, authenticated=False),
]


def coverage_log(*entries: Entry) -> CoverageLog:
    made = CoverageLog()
    for entry in entries:
        made.record(entry)
    return made


def lines(*entries: Entry, pending: dict[str, dict[str, str]] | None = None) -> list[str]:
    return [gap.text for gap in gaps(DOCUMENT, coverage_log(*entries), pending or {})]


def test_a_complete_ledger_has_no_gaps() -> None:
    assert lines(*COMPLETE) == []


def test_an_empty_ledger_fails_for_every_operation() -> None:
    assert {line.split(":")[0] for line in lines()} == {"open", "locked"}


def test_a_status_that_was_never_seen_is_a_gap() -> None:
    assert lines(*[entry for entry in COMPLETE if entry.status != 422]) == ["open: status 422"]


def test_a_success_without_a_credential_is_no_evidence_for_a_guarded_operation() -> None:
    anonymous = [*COMPLETE[:2], COMPLETE[3], Entry("locked", 200, authenticated=False)]
    assert lines(*anonymous) == ["locked: 2xx to an authenticated caller"]


def test_a_redirect_is_a_success_where_the_document_declares_it() -> None:
    """Elsewhere it may lead to a login, and nothing was reached."""
    document = {"paths": {"/a": {"get": {"operationId": "open", "responses": {"303": {}}}}}}
    [declared], log = operations(document), coverage_log(Entry("open", 303, authenticated=False))
    assert log.succeeded(declared)
    assert not log.succeeded(next(iter(operations(DOCUMENT))))


@pytest.mark.parametrize(
    ("scheme", "headers", "query"),
    [
        ({"in": "cookie", "name": "access_token"}, [(b"cookie", b"a=b; access_token=x")], b""),
        ({"in": "header", "name": "X-Key"}, [(b"x-key", b"x")], b""),
        ({"in": "query", "name": "key"}, [], b"a=b&key=x"),
    ],
)
def test_a_credential_counts_wherever_the_document_wants_it(
    scheme: dict[str, str], headers: list[tuple[bytes, bytes]], query: bytes
) -> None:
    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def nothing(*_: Any) -> Any: ...

    schemes = {"oauth": {"type": "apiKey", **scheme}}
    document = {**DOCUMENT, "components": {"securitySchemes": schemes}}
    seen = coverage_log()
    app = record_responses(answer, document, seen)

    async def send_both() -> None:
        for sent, text in ((headers, query), ([(b"cookie", b"access_token_of=x")], b"keys=x")):
            scope = {"type": "http", "method": "GET", "path": "/locked", "query_string": text}
            await app({**scope, "headers": sent}, nothing, nothing)

    asyncio.run(send_both())
    found = {entry.authenticated: count for entry, count in seen.counts.items()}
    assert found == {True: 1, False: 1}


def test_a_pending_status_is_excused_with_a_reason() -> None:
    assert lines(*COMPLETE[:1], *COMPLETE[2:], pending={"open": {"422": "why"}}) == []


def test_a_pending_status_that_was_seen_must_go() -> None:
    assert lines(*COMPLETE, pending={"open": {"422": "why"}}) == [
        "open: 422 was seen, so take it off the pending list"
    ]


def test_ledgers_of_many_processes_are_summed(tmp_path: Path) -> None:
    coverage_log(COMPLETE[0]).write(tmp_path)
    coverage_log(COMPLETE[0], *COMPLETE[1:]).write(tmp_path)
    assert CoverageLog.read(tmp_path).counts[COMPLETE[0]] == 2
    text, found = evaluate(DOCUMENT, tmp_path, {})
    assert found == []
    assert "open" in text
    assert (tmp_path / "coverage.json").is_file()


def test_the_recorder_notes_operation_status_and_credential() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(_message: Any) -> None:
        return

    made = CoverageLog()
    app_under_record = record_responses(app, DOCUMENT, made)
    headers = [(b"authorization", b"Bearer x")]
    for path in ("/locked", "/unknown"):
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
        asyncio.run(_call(app_under_record, scope, receive, send))
    assert made.counts == {Entry("locked", 200, authenticated=True): 1}


async def _call(app: Any, *args: Any) -> None:
    await app(*args)


def test_an_unreadable_pending_list_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "pending.toml"
    path.write_text("[open\n", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be read"):
        read_exclusions(path)
