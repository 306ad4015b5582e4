"""Errors as they should be: the declared shape, a challenge with every 401, a time with every 503.

Sources: RFC 9110, 10.2.3 (Retry-After), 11.6.1 (WWW-Authenticate); RFC 6750, 3 (Bearer).
"""

import email.utils
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.access.exchange import Answer
from apiproof.openapi.document import Operation
from apiproof.openapi.responses import ResponseValidator

_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


class Conformity:
    """Compares errors with what a document declares."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._responses = ResponseValidator(document)

    def faults(self, operation: Operation, answer: Answer) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with an error, as a short name and a sentence.

        Args:
            operation: What was asked for.
            answer: The answer.
        """
        if answer.status < 400:
            return
        yield from self._shape(operation, answer)
        if answer.status == 401 and "www-authenticate" not in answer.headers:
            yield "challenge-401", "the 401 has no WWW-Authenticate (RFC 9110, 11.6.1)"
        if answer.status in {429, 503}:
            yield from _retry(answer)

    def _shape(self, operation: Operation, answer: Answer) -> Iterator[tuple[str, str]]:
        fault = self._responses.body_error(operation, answer.status, answer.json)
        if fault:
            yield f"shape-{answer.status}", fault


def challenge_faults(
    answer: Answer, *, shown: bool, scopes: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the challenge to a bearer token (RFC 6750, 3).

    Args:
        answer: A refusal of a credential, for no other reason than the credential.
        shown: Whether a bearer token was sent.
        scopes: What the operation asks for.
    """
    header = answer.headers.get("www-authenticate", "")
    status = answer.status
    if not header:
        yield f"challenge-{status}", f"the {status} has no WWW-Authenticate (RFC 6750, 3)"
        return
    if not header.lower().startswith("bearer"):
        return
    given = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(header)}
    due = {401: "invalid_token" if shown else None, 403: "insufficient_scope"}[status]
    if given.get("error") != due:
        wanted = f'error="{due}"' if due else "no error code, because no token was sent"
        yield f"challenge-error-{status}", f"the {status} takes {wanted} (RFC 6750, 3.1)"
    if status == 403 and "scope" in given and set(given["scope"].split()) != set(scopes):
        yield "challenge-scopes", "the scopes named are not those that the operation declares"


def _retry(answer: Answer) -> Iterator[tuple[str, str]]:
    value = answer.headers.get("retry-after")
    name = f"retry-{answer.status}"
    if value is None:
        yield name, f"the {answer.status} has no Retry-After (RFC 9110, 10.2.3)"
    elif not value.isdigit() and not _is_date(value):
        yield name, "Retry-After is neither seconds nor an HTTP date (RFC 9110, 10.2.3)"


def _is_date(value: str) -> bool:
    try:
        return email.utils.parsedate_to_datetime(value) is not None
    except ValueError:
        return False
