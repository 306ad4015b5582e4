"""The words that reports share: an interaction's details as lines."""

import json
from collections.abc import Iterator
from typing import Any

from apiproof.pacts.verify.results import InteractionResult, Mismatch

_LONGEST = 2000  # characters of a body; reports stay readable


def detail_lines(result: InteractionResult) -> Iterator[str]:
    """Everything that is known of an interaction that was not simply honoured."""
    for state in result.interaction.states:
        params = f" {json.dumps(state.params, ensure_ascii=False)}" if state.params else ""
        yield f"given    {state.name}{params}"
    if result.exchange:
        yield f"request  {result.exchange.method} {result.exchange.target}"
        if result.exchange.body:
            yield f"         {cut(result.exchange.body)}"
        yield f"answer   {result.exchange.status}"
    for mismatch in result.mismatches:
        yield from diff_lines(mismatch)
    if result.error:
        yield f"error    {result.error}"
    if result.hint:
        yield f"hint     {result.hint}"
    if result.curl:
        yield f"curl     {result.curl}"


def diff_lines(mismatch: Mismatch) -> Iterator[str]:
    """Expected against got, as a diff at its JSON path."""
    yield f"@@ {mismatch.path} @@ {mismatch.text}"
    yield f"- {shown(mismatch.expected)}    rule: {mismatch.rule} ({mismatch.where})"
    yield f"+ {shown(mismatch.actual) if mismatch.actual is not None else 'nothing'}"


def shown(value: Any) -> str:
    """A JSON value on one line."""
    return cut(json.dumps(value, ensure_ascii=False))


def cut(text: str) -> str:
    """A text that is not too long to read."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"
