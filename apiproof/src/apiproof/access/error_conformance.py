"""Errors as a document declares them, and as HTTP has them.

Sources: RFC 9110, 10.2.3 (Retry-After), 11.6.1 (WWW-Authenticate); RFC 6750, 3 (Bearer).
"""

import email.utils
from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.access.http import Request, Response
from apiproof.access.report import AccessFinding
from apiproof.access.requirements import SecurityModel
from apiproof.jwt import RequestAuth
from apiproof.openapi.document import Operation
from apiproof.openapi.responses import ResponseValidator


class ErrorConformance:
    """Compares errors with what a document declares."""

    check = "errors_conform"

    def __init__(
        self, document: Mapping[str, Any], security: SecurityModel, *, is_abroad: bool = False
    ) -> None:
        """Prepare.

        Args:
            document: The document.
            security: Its operations.
            is_abroad: Whether the service is somebody else's.
        """
        self._responses = ResponseValidator(document)
        self._security = security
        self._is_abroad = is_abroad

    def findings(
        self,
        operation: Operation,
        _request: Request,
        _auth: RequestAuth,
        response: Response,
    ) -> Iterator[AccessFinding]:
        """Yield what is wrong with an error.

        Args:
            operation: What was asked for, as the document has it.
            response: The answer.
        """
        name, evidence = operation.operation_id, response.evidence
        for fault, text in self._faults(operation, response):
            if not (self._is_abroad and self._is_matter_of_taste(operation, fault)):
                yield AccessFinding(
                    self.check, name, fault, text, evidence, response=response, cause=fault
                )

    def _faults(self, operation: Operation, response: Response) -> Iterator[tuple[str, str]]:
        """Yield what is wrong, as a short name and a sentence."""
        status = response.status
        if status < 400:
            return
        if fault := self._responses.body_error(operation, status, response.json):
            yield f"shape-{status}", fault
        if status == 401 and "www-authenticate" not in response.headers:
            yield "challenge-401", "the 401 has no WWW-Authenticate (RFC 9110, 11.6.1)"
        if status in {429, 503}:
            yield from _retry(response)

    def _is_matter_of_taste(self, operation: Operation, fault: str) -> bool:
        """Whether no standard demands what an answer lacks, or what it lacks is not about access.

        What a 422 looks like is for fuzzing to say; what a refused credential gets is said here.
        Retry-After is optional (RFC 6585, 4; RFC 9110, 15.6.4); and a 401 names an HTTP
        authentication scheme, which cookies, API keys and login forms are not.
        """
        if fault.startswith("shape-"):
            return fault not in {"shape-401", "shape-403"}
        choices = self._security.alternatives[operation.security]
        is_http = any(use.scheme.is_http for one in choices for use in one)
        return fault.startswith("retry-") or (fault == "challenge-401" and not is_http)


def _retry(response: Response) -> Iterator[tuple[str, str]]:
    value = response.headers.get("retry-after")
    name = f"retry-{response.status}"
    if value is None:
        yield name, f"the {response.status} has no Retry-After (RFC 9110, 10.2.3)"
    elif not value.isdigit() and not _is_date(value):
        yield name, "Retry-After is neither seconds nor an HTTP date (RFC 9110, 10.2.3)"


def _is_date(value: str) -> bool:
    try:
        return email.utils.parsedate_to_datetime(value) is not None
    except ValueError:
        return False
