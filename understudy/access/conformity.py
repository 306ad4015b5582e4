"""Errors as they should be: the declared shape, a challenge with every 401, a time with every 503.

Sources: RFC 9110, 10.2.3 (Retry-After), 11.6.1 (WWW-Authenticate); RFC 6750, 3 (Bearer).
"""

import email.utils
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from understudy.access.exchange import Answer
from understudy.access.samples import Samples
from understudy.document import Operation

_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


class Conformity:
    """Compares errors with what a document declares."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._samples = Samples(document)
        self._components = document.get("components", {})
        self._validators: dict[tuple[str, str], jsonschema_rs.Validator | None] = {}

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
        validator = self._validator(operation, str(answer.status))
        if validator is None:
            return
        body = answer.json
        if body is None and not validator.is_valid(None):
            yield f"shape-{answer.status}", f"the {answer.status} has no JSON body"
        elif not validator.is_valid(body):
            place = next(iter(validator.iter_errors(body))).instance_path
            where = "/".join(map(str, place)) or "the body"
            yield f"shape-{answer.status}", f"the {answer.status} breaks its schema at {where}"

    def _validator(self, operation: Operation, status: str) -> jsonschema_rs.Validator | None:
        key = (operation.operation_id, status)
        if key not in self._validators:
            self._validators[key] = self._built(operation, status)
        return self._validators[key]

    def _built(self, operation: Operation, status: str) -> jsonschema_rs.Validator | None:
        responses = operation.definition.get("responses", {})
        names = (status, f"{status[0]}XX", "default")
        declared = next((responses[name] for name in names if name in responses), None)
        if declared is None:
            return None
        content = self._samples.resolve(declared).get("content", {})
        schema = next(
            (part.get("schema") for name, part in content.items() if "json" in name), None
        )
        if schema is None:
            return None
        whole = {**schema, "components": self._components}
        return jsonschema_rs.validator_for(whole)


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
