"""Breaking changes between two OpenAPI documents, and the consumers that each one breaks.

`diff` compares, `impact` asks the pacts. Knows OpenAPI 3, JSON Schema and pact files; knows no
service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apiproof.contract_diff.document.changes import (
    Change,
    DocumentComparison,
    Occurrence,
    Place,
    Side,
)
from apiproof.contract_diff.document.consumer_impact import Impact, Reliance, impact
from apiproof.contract_diff.document.operations import compare_operations
from apiproof.contract_diff.document.rules import (
    DEFAULT_POLICY,
    ChangeSeverity,
    Policy,
    load_policy,
)
from apiproof.contract_diff.document.servers import compare_servers
from apiproof.openapi.document import Document, DocumentError
from apiproof.openapi.shapes import require_shape

__all__ = [
    "Change",
    "ChangeSeverity",
    "Impact",
    "Occurrence",
    "Place",
    "Policy",
    "Reliance",
    "Side",
    "compare",
    "diff",
    "impact",
    "load_policy",
]


def diff(
    old: Mapping[str, Any], new: Mapping[str, Any], policy: Policy = DEFAULT_POLICY
) -> list[Change]:
    """Compare two OpenAPI documents, given as parsed JSON; the most severe changes first.

    Raises:
        DocumentError: One is no such document, its references cannot be followed, or its schemas
            nest too deeply.
    """
    return compare(old, new, policy)[0]


def compare(
    old: Mapping[str, Any], new: Mapping[str, Any], policy: Policy
) -> tuple[list[Change], int]:
    """Compare as `diff` does; also return how many changes the policy ignores."""
    before = Document(old, "the old document").require_openapi_3()
    after = Document(new, "the new document").require_openapi_3()
    for document in (before, after):
        require_shape(document)
    comparison = DocumentComparison(before, after, policy)
    try:
        compare_operations(comparison)
        compare_servers(comparison)
    except RecursionError:
        raise DocumentError("The schemas nest too deeply to be compared.") from None
    return comparison.sorted(), comparison.ignored
