"""What pacts expect and a document does not promise, as findings of the one report."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from apiproof.contract_diff.pact.comparison import Comparison
from apiproof.contract_diff.pact.findings import PactFinding, PactSeverity
from apiproof.errors import UserError
from apiproof.openapi.document import DocumentError, load_document
from apiproof.pacts.reading import Interaction, PactFile
from apiproof.reporting import Finding, Location, Severity
from apiproof.service import Service


class DocumentIncomparable(UserError):
    """The OpenAPI document is one that no pact can be compared with."""


def compare_pacts(
    pacts: Iterable[tuple[PactFile, Iterable[Interaction]]],
    service: Service | None,
    path: Path | None = None,
) -> tuple[Finding, ...]:
    """Compare interactions with the OpenAPI document, statically.

    Args:
        pacts: pacts with those of their interactions that matter.
        service: whose document it is; without one and without a path, nothing is compared.
        path: the document's; None for the service's.

    Raises:
        DocumentMissing, DocumentIncomparable
    """
    if path is None and service is None:
        return ()
    where = path or (service.document_path if service else Path())
    if path or service is None or where.is_file():
        document = load_document(where)
    else:
        document = service.document()
    try:
        comparison = Comparison(document)
        return tuple(
            as_finding(finding, pact)
            for pact, interactions in pacts
            for finding in comparison.findings(
                dataclasses.replace(pact, interactions=tuple(interactions))
            )
        )
    except DocumentError as why:
        raise DocumentIncomparable(f"{where}: {why}") from None


def as_finding(finding: PactFinding, pact: PactFile) -> Finding:
    """A finding of a comparison; a warning fails nothing."""
    is_error = finding.severity is PactSeverity.ERROR
    return Finding(
        id=f"pacts/{finding.rule}/{finding.consumer}/{finding.interaction}/{finding.where}",
        check=finding.rule,
        severity=Severity.HIGH if is_error else Severity.LOW,
        operation="",
        message=f"{finding.consumer}: {finding.interaction}: {finding.message}",
        expected=f"what the document says at {finding.pointer}",
        location=Location(pact.source, finding.where),
        is_warning=not is_error,
    )
