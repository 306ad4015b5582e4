"""What operations share is compared once, and told of each as if it had been compared alone."""

from __future__ import annotations

import gc
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from rich.console import Console

from apiproof.contract_diff.document import Occurrence, Policy, compare
from apiproof.contract_diff.document.rules import DEFAULT_POLICY
from apiproof.contract_diff.document.run import DiffOptions, run
from apiproof.openapi.document import DocumentError
from tests.contract_diff.document.schema_pairs import Pair, document, pair

METHODS = ("put", "post", "patch")  # as they are read
Told = dict[tuple[str, str], list[Occurrence]]


def _with(document: dict[str, Any], *methods: str) -> dict[str, Any]:
    """Return a document in which operations take and answer one shared schema."""
    [operation] = document["paths"]["/things"].values()
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    schemas = {**document["components"]["schemas"], "Shared": schema}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Shared"}}}
    shared = {"requestBody": {"content": content}, "responses": {"200": {"content": content}}}
    paths = {"/things": dict.fromkeys(methods, shared)}
    return {**document, "paths": paths, "components": {"schemas": schemas}}


def _told(drawn: Pair, *methods: str) -> Told:
    """Return where each change was met, by its rule and sentence."""
    old, new = _with(drawn.old, *methods), _with(drawn.new, *methods)
    changes, _ = compare(old, new, DEFAULT_POLICY)
    return {(c.rule, f"{c.sentence} {c.old_pointer}"): list(c.occurrences) for c in changes}


@given(st.integers(0, 2**48))
def test_what_is_shared_is_told_of_every_operation(seed: int) -> None:
    drawn = pair(seed, values=0)
    try:
        together, alone = _told(drawn, *METHODS), [_told(drawn, method) for method in METHODS]
    except DocumentError:
        return
    names = [name for name in together if "/components/" in name[1]]
    event("shared" if names else "nothing shared")
    for name in names:
        assert together[name] == [each for one in alone for each in one[name]]


def test_a_change_that_a_policy_ignores_is_counted_once_for_all_operations() -> None:
    sides = [{"type": "string", "maxLength": most} for most in (9, 8)]
    old, new = (_with(document(side, {}), *METHODS) for side in sides)
    rule = "request-max-length-tightened"
    [told] = [c for c in compare(old, new, DEFAULT_POLICY)[0] if c.rule == rule]
    assert told.operations == [f"{method.upper()} /things" for method in METHODS]
    changes, ignored = compare(old, new, Policy({rule: "ignore"}))
    assert ignored == 1
    assert rule not in {change.rule for change in changes}


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(tmp_path: Path, *, enabled: bool) -> None:
    was_enabled = gc.isenabled()
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document({}, {})), "utf-8")
    try:
        (gc.enable if enabled else gc.disable)()
        console = Console(file=StringIO())
        for new, code in ((file, 0), (tmp_path / "nowhere", 2)):
            assert run(file, new, DiffOptions(), console) == code
            assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
