"""The result as JSON: everything that the other reports show, under stable names."""

import json
from dataclasses import asdict
from typing import Any

from apiproof.pacts.verify.results import InteractionResult, PactResult, Verification


def as_json(verification: Verification) -> str:
    """The result as a JSON document with a final newline."""
    return json.dumps(as_document(verification), indent=2, ensure_ascii=False) + "\n"


def as_document(verification: Verification) -> dict[str, Any]:
    """The result as JSON values."""
    return {
        "provider": verification.provider,
        "base_url": verification.base_url,
        "summary": verification.summary,
        "exit_code": verification.exit_code,
        "verified": verification.verified,
        "seconds": round(verification.seconds, 3),
        "findings": [finding.as_dict() for finding in verification.findings],
        "pacts": [_pact(pact) for pact in verification.pacts],
    }


def _pact(pact: PactResult) -> dict[str, Any]:
    return {
        "source": pact.source,
        "consumer": pact.consumer,
        "provider": pact.provider,
        "version": pact.version,
        "total": pact.total,
        "untold": list(pact.untold),
        "interactions": [_interaction(result) for result in pact.interactions],
    }


def _interaction(result: InteractionResult) -> dict[str, Any]:
    interaction = result.interaction
    return {
        "description": interaction.description,
        "location": interaction.location,
        "states": [{"name": each.name, "params": each.params} for each in interaction.states],
        "outcome": str(result.outcome),
        "error": result.error,
        "hint": result.hint,
        "mismatches": [asdict(mismatch) for mismatch in result.mismatches],
        "exchange": asdict(result.exchange) if result.exchange else None,
        "curl": result.curl,
        "seconds": round(result.seconds, 3),
    }
