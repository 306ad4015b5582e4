"""The labelled corpus: which pact, against which document, and what must be found in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from apiproof.contract_diff.pact import Comparison, PactFinding, PactSeverity, load_document
from apiproof.pacts.reading import load_pact

CORPUS = Path(__file__).parent / "corpus"
Places = list[tuple[str, str]]


@dataclass(frozen=True)
class Case:
    pact: str
    document: str
    style: str
    errors: Places
    warnings: Places | None

    @property
    def is_good(self) -> bool:
        return not self.errors

    @property
    def path(self) -> Path:
        return CORPUS / self.pact

    def findings(self) -> list[PactFinding]:
        return comparison(self.document).findings(load_pact(self.path))


def places(findings: list[PactFinding], severity: PactSeverity) -> Places:
    return [(found.rule, found.where) for found in findings if found.severity is severity]


@cache
def document(name: str) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = load_document(CORPUS / "documents" / f"{name}.json")
    return loaded


@cache
def comparison(name: str) -> Comparison:
    return Comparison(document(name))


def _places(raw: list[dict[str, str]]) -> Places:
    return [(each["rule"], each["where"]) for each in raw]


CASES = [
    Case(
        label["pact"],
        label["document"],
        label["style"],
        _places(label["errors"]),
        None if label["warnings"] is None else _places(label["warnings"]),
    )
    for label in json.loads((CORPUS / "labels.json").read_text())
]
