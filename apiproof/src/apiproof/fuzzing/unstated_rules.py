"""What breaks a schema and no rule of the service, or a rule and no schema, is no finding.

A request that fits the schema may still break a rule of the service: two fields that must agree, a
date that must lie ahead, a code that was never mailed. FastAPI answers with pydantic's error types,
or, from the service's own code, with 400. A refusal for what a schema could have stated (a length,
a missing field) remains a finding, and so does an operation that never succeeds.

Source: pydantic_core 2.50, `ErrorType`; FastAPI, `HTTPValidationError` (422).
"""

import json
from collections.abc import Iterator
from typing import Any, Final, get_args

import schemathesis
from pydantic_core.core_schema import ErrorType
from schemathesis.core import NOT_SET
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario
from schemathesis.openapi.checks import MissingHeaderNotRejected, RejectedPositiveData

from apiproof.fuzzing.request_validity import RequestValidity
from apiproof.openapi.document import Document, DocumentError, operations
from apiproof.openapi.validation import SchemaValidator

_BAD_REQUEST: Final = 400
_FORBIDDEN: Final = 403
_UNPROCESSABLE: Final = 422
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_PYDANTIC: Final = frozenset(get_args(ErrorType))
_VALIDATORS: Final = ("Value error, ", "Assertion failed, ")  # pydantic's words before theirs
# What JSON Schema, with its formats, can say.
_STATED: Final = frozenset({
    "missing", "extra_forbidden", "model_attributes_type", "model_type",
    "greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of",
    "too_short", "too_long", "string_type", "string_too_short", "string_too_long",
    "string_pattern_mismatch", "enum", "literal_error", "none_required",
    "dict_type", "list_type", "set_type", "tuple_type", "union_tag_invalid", "union_tag_not_found",
    "bool_type", "bool_parsing", "int_type", "int_parsing", "int_from_float",
    "float_type", "float_parsing", "decimal_type", "bytes_type", "bytes_too_short",
    "bytes_too_long", "date_type", "date_parsing", "date_from_datetime_parsing",
    "time_type", "time_parsing", "datetime_type", "datetime_parsing", "datetime_from_date_parsing",
    "time_delta_type", "time_delta_parsing", "uuid_type", "uuid_parsing", "url_type", "url_parsing",
})  # fmt: skip


class FailureFilter:
    """Tells faults from what breaks a schema or a rule alone; for the operations of one run."""

    def __init__(self) -> None:
        self._raw: Any = None
        self._validities: dict[str, RequestValidity] = {}

    def is_fault(self, failure: Failure, case: Any, response: Response) -> bool:
        """Whether a failure of a check is one: `filter_failure` of Schemathesis.

        Args:
            failure: what a check says.
            case: the request.
            response: its answer.
        """
        try:
            if isinstance(failure, MissingHeaderNotRejected):
                # FastAPI before 0.122 answers so; whether 401 is due, the access checks say.
                return not (_lacks_credential(case) and response.status_code == _FORBIDDEN)
            if isinstance(failure, AcceptedNegativeData):
                # `ignored_auth` and the access checks say so.
                return not (_lacks_credential(case) or self._is_converted(case))
            if isinstance(failure, RejectedPositiveData):
                is_sent = self._is_valid_path(case) and not _has_null_in_form(case)
                return is_sent and _is_stated(case, response)
        except DocumentError:  # then nothing can be told of the request
            return True
        return True

    def _is_valid_path(self, case: Any) -> bool:
        return self._validity(case).has_valid_path(case.path_parameters or {})

    def _is_converted(self, case: Any) -> bool:
        """Whether what the document refuses is taken for what pydantic makes of it."""
        if not _declares_validation(case):
            return False
        elsewhere = (ParameterLocation.HEADER, ParameterLocation.COOKIE)
        if case.meta is not None and any(case.meta.is_negative_at(place) for place in elsewhere):
            return False
        body = None if case.body is NOT_SET else case.body
        values = case.path_parameters or {}, case.query or {}, body, case.media_type or ""
        return self._validity(case).is_valid_converted(*values)

    def _validity(self, case: Any) -> RequestValidity:
        raw = case.operation.schema.raw_schema
        if raw is not self._raw:
            document = Document(raw)
            validator = SchemaValidator(document)
            found = operations(document)
            self._validities = {each.label: RequestValidity(each, validator) for each in found}
            self._raw = raw
        return self._validities[case.operation.label]


def _lacks_credential(case: Any) -> bool:
    """Whether the request is one that was to have no credential."""
    data = case.meta.phase.data if case.meta is not None else None
    if not isinstance(data, CoveragePhaseData):
        return False
    is_missing = data.scenario == CoverageScenario.MISSING_PARAMETER
    return is_missing and (data.parameter or "").lower() == "authorization"


def _has_null_in_form(case: Any) -> bool:
    """Whether a form was to hold null: there is no way to say so, and the word is sent."""
    is_form = (case.media_type or "").partition(";")[0] in _FORMS
    return is_form and isinstance(case.body, dict) and None in case.body.values()


def _is_stated(case: Any, response: Response) -> bool:
    """Whether a refusal is for what a document can say."""
    if response.status_code == _BAD_REQUEST:  # FastAPI's own validation answers 422
        return not _declares_validation(case)
    if response.status_code != _UNPROCESSABLE:
        return True
    types = _error_types(response)
    return not types or any(kind in _STATED for kind in types)


def _declares_validation(case: Any) -> bool:
    return str(_UNPROCESSABLE) in map(str, case.operation.responses.status_codes)


def _error_types(response: Response) -> list[str]:
    """Return pydantic's types of what is wrong; none where the answer tells nothing of them.

    FastAPI lists errors in `detail`; handlers of a project's own give them other names, or keep
    the messages alone, of which those of a validator have a beginning of their own.
    """
    try:
        answer = json.loads(response.content)
    except ValueError:
        return []
    listed = answer.get("detail") if isinstance(answer, dict) else None
    if isinstance(listed, list):
        found = (error.get("type") for error in listed if isinstance(error, dict))
        return [str(kind) for kind in found if kind]
    leaves = list(_leaves(answer))
    types = [text for name, text in leaves if name == "type" and text in _PYDANTIC]
    return types or ["value_error" for _, text in leaves if text.startswith(_VALIDATORS)]


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts of an answer with their names; what was sent comes back as `input`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in {"input", "ctx"}:
                yield from _leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, name)
    elif isinstance(value, str):
        yield name, value


def install_failure_filter() -> None:
    """Register it with Schemathesis."""
    found = FailureFilter()

    @schemathesis.hook
    def filter_failure(_context: Any, failure: Failure, case: Any, response: Response) -> bool:
        return found.is_fault(failure, case, response)
