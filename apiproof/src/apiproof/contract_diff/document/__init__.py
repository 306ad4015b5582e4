"""Breaking changes between two OpenAPI documents, and the consumers that each one breaks.

`diff` compares, `impact` asks the pacts. Knows OpenAPI 3.0 and 3.1, JSON Schema and pact files;
knows no service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apiproof.contract_diff.document.change import Change, Place, Severity, Side
from apiproof.contract_diff.document.comparison import Comparison, Scene
from apiproof.contract_diff.document.document import (
    Document,
    DocumentUnusable,
    ReferenceDangling,
    load_document,
)
from apiproof.contract_diff.document.impact import Impact, Reliance, impact
from apiproof.contract_diff.document.operations import compare_operations

__all__ = [
    "Change",
    "DocumentUnusable",
    "Impact",
    "Place",
    "ReferenceDangling",
    "Reliance",
    "Severity",
    "Side",
    "diff",
    "impact",
    "load_document",
]


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Compare two OpenAPI 3.0 or 3.1 documents, given as parsed JSON; breaking changes first.

    Raises DocumentUnusable for what is no such document, or whose references cannot be followed.
    """
    comparison = Comparison(Document(old, "the old document"), Document(new, "the new document"))
    compare_operations(comparison)
    _compare_servers(comparison)
    return comparison.sorted()


def _compare_servers(comparison: Comparison) -> None:
    before, after = (
        [server.get("url") for server in document.raw.get("servers") or ()]
        for document in (comparison.old, comparison.new)
    )
    if before != after:
        scene = Scene("", Side.OPERATION, Place("operation"), "The servers")
        comparison.add(
            scene, "servers-changed", f"The servers are now {', '.join(map(str, after)) or '/'}.",
            old="/servers" if before else "", new="/servers" if after else "", breaking=False,
        )  # fmt: skip
