"""Requests that name an object meet one that exists, whichever part of the request is tried.

Schemathesis draws identifiers from the answers that it has seen, but not in its coverage phase, and
those of an account that a fuzzed sign-out or deletion has ended are of no use to the next one. So
the last successful creation is kept, and sent again where the account of now has nothing of it. One
fuzzed request in four keeps the identifier that was drawn.

Source: schemathesis 4.32, generation/meta.py (phases, and which part a case tries).
"""

import contextlib
import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import requests
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response

from apiproof.access.http import Request, RequestContent
from apiproof.access.resources import ResourceCreator, ResourceCreators, created_id
from apiproof.fuzzing.access_checks import answer_of
from apiproof.fuzzing.authentication import Presenter, put_into
from apiproof.fuzzing.request_overrides import is_one_in
from apiproof.openapi.document import Operation, operations

_DRAWN: Final = 4  # one request in four keeps what was drawn
_PARAMETER: Final = re.compile(r"\{([^}]*)\}")


class RequestOwners(Protocol):
    """Whose requests there are, as `SharedAccountTokens` has it."""

    def __call__(self, operation: Operation, /) -> str:
        """Return a token for an operation; empty to send again what was sent before."""

    def owner_of(self, *holders: Mapping[str, object] | None) -> str:
        """Return whose token headers or cookies hold; empty for nobody's that is known."""


@dataclass
class _Creation:
    """A request that made something, its answer, and whose it was.

    Attributes:
        case: the request.
        response: its answer.
        owner: the account; empty where the operation asks for none.
        is_gone: what it made was deleted, or is not found.
    """

    case: Any
    response: Response
    owner: str
    is_gone: bool = False


class ExistingObjects:
    """What a run has made, for the requests that name it."""

    def __init__(self, document: dict[str, Any], tokens: RequestOwners) -> None:
        """Find out which operation makes what a path's parameter names.

        Args:
            document: the service's.
            tokens: whose the requests are.
        """
        found = list(operations(document))
        self._operations = {operation.label: operation for operation in found}
        self._present = Presenter(document)
        self._tokens = tokens
        self._creations: dict[str, _Creation] = {}  # by the label of what made it
        self._making: set[str] = set()
        creators = ResourceCreators(found)
        self._sources: dict[str, list[tuple[str, ResourceCreator]]] = {
            operation.label: [
                (parameter, creator)
                for parameter in reversed(_PARAMETER.findall(operation.path))
                for creator in creators.for_path_parameter(operation, parameter)
            ]
            for operation in found
        }
        self._makers = {
            creator.operation.label for found in self._sources.values() for _, creator in found
        }

    def apply(self, case: Any) -> None:
        """Let a request that is about to be sent name something that exists, if it can."""
        operation = self._operations.get(case.operation.label)
        if operation is not None and _may_change(case):
            owner = self._tokens.owner_of(case.headers, case.cookies)
            if owner or not operation.security:
                self._name_what_exists(operation, case, owner)

    def _name_what_exists(self, operation: Operation, case: Any, owner: str) -> None:
        for parameter, creator in self._sources[operation.label]:
            creation = self._creation(creator.operation, owner)
            if creation is None:
                continue
            value = _made(creator, creation, operation, parameter)
            if value is not None:
                known = {**(creation.case.path_parameters or {}), parameter: value}
                names = known.keys() & set(_PARAMETER.findall(operation.path))
                drawn = case.path_parameters or {}
                case.path_parameters = {**drawn, **{name: known[name] for name in names}}
                return

    def notice(self, case: Any, response: Response) -> None:
        """Keep what made something, and forget what is gone."""
        operation = self._operations.get(case.operation.label)
        if operation is None:
            return
        succeeded = 200 <= response.status_code < 300
        if succeeded and operation.label in self._makers:
            owner = self._tokens.owner_of(response.request.headers)
            self._creations[operation.label] = _Creation(_as_sent(case), response, owner)
        elif response.status_code in {404, 410} or (succeeded and operation.method == "DELETE"):
            self._forget(operation, case.path_parameters or {})

    def _forget(self, operation: Operation, values: dict[str, Any]) -> None:
        for parameter, creator in self._sources[operation.label]:
            creation = self._creations.get(creator.operation.label)
            if creation and _made(creator, creation, operation, parameter) == values.get(parameter):
                creation.is_gone = True

    def _creation(self, operation: Operation, owner: str) -> _Creation | None:
        """Return what made something that the account has now, made anew where need be."""
        found = self._creations.get(operation.label)
        is_theirs = found is not None and (found.owner == owner or not operation.security)
        if found is None or (is_theirs and not found.is_gone):
            return found
        if operation.label in self._making:
            return None
        self._making.add(operation.label)
        try:
            token = self._tokens(operation) if operation.security else ""
            again = _as_sent(found.case)
            if token:
                put_into(again, self._present(operation, token))
            self._name_what_exists(operation, again, owner)  # it may lie in something of another's
            with contextlib.suppress(requests.RequestException):
                self.notice(again, again.call())
        finally:
            self._making.discard(operation.label)
        new = self._creations[operation.label]
        if new is found:  # it is no longer taken: a name that must be unique, say
            del self._creations[operation.label]
            return None
        return new


def _as_sent(case: Any) -> Any:
    """Return a case that sends the same once more."""
    return case.operation.Case(
        method=case.method,
        path_parameters=dict(case.path_parameters or {}),
        headers=dict(case.headers),
        cookies=dict(case.cookies or {}),
        query=dict(case.query or {}),
        body=case.body if case.body is NOT_SET else copy.deepcopy(case.body),  # no copy is it
        media_type=case.media_type,
    )


def _made(
    creator: ResourceCreator, creation: _Creation, operation: Operation, parameter: str
) -> Any:
    template = operation.path.partition("{" + parameter + "}")[0] + "{" + parameter + "}"
    case = creation.case
    body = case.body if isinstance(case.body, dict) else None
    content = RequestContent(query=dict(case.query or {}), body=body)
    sent = Request(creator.operation, dict(case.path_parameters or {}), content)
    return created_id(creator, answer_of(creation.response), template, parameter, sent)


def _may_change(case: Any) -> bool:
    meta = case.meta
    if meta is None or not case.path_parameters or meta.is_negative_at(ParameterLocation.PATH):
        return False
    match meta.phase.name.value:
        case "coverage":  # one part of the request is tried: not the path, one hopes
            return bool(meta.phase.data.parameter_location != ParameterLocation.PATH)
        case "fuzzing":
            return not is_one_in(_DRAWN, case)
    return False  # examples mean what they say, and links bring their own
