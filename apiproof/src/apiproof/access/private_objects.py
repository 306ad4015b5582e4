"""What a private list shows to its owner, in answers that others get: open reads, and exports.

The list is the control: it refuses whoever has no credential, and shows an object to its owner and
not to another user of the same rights. What another answer repeats of the object is a leak then.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.checks import Impact
from apiproof.access.fields import fields_of
from apiproof.access.http import NotPrepared, Request, RequestContent, Response
from apiproof.access.objects import CHECK, SHARED_EXTENSION, is_capability
from apiproof.access.prepare import RequestPreparer
from apiproof.access.report import Result, evaluated
from apiproof.access.resources import items_of
from apiproof.access.safeguards import SAFE
from apiproof.access.shown_objects import given_object
from apiproof.access.users import User
from apiproof.jwt import NO_AUTH, NotApplicable
from apiproof.openapi.document import Operation

OWNERS = 3  # whose objects are looked for
# Over 50 bits where they are drawn by chance: Base64 for URLs, or hexadecimal.
_BY_CHANCE = re.compile(r"(?=.*[a-z])(?=.*[A-Z])[\w-]{10,}|[0-9a-f]{16,}", re.ASCII)
SHORTEST = 6  # characters of a text that does not turn up by chance


@dataclass(frozen=True)
class _Private:
    """An object that a list shows to its owner, and not to another user.

    Attributes:
        value: Its id.
        owner: Whose it is.
        other: The other user.
        texts: What the list says of it.
        theirs: The list as the other user has it.
    """

    value: Any
    owner: User
    other: User
    texts: set[str]
    theirs: Response


class PrivateObjects:
    """Finds objects of private lists, by where they are kept."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts) -> None:
        """Prepare.

        Args:
            preparer: Of the run's requests.
            accounts: Its users.
        """
        self._preparer, self._accounts = preparer, accounts
        self._found: dict[tuple[str, str], list[_Private]] = {}  # each list is read once

    def of(self, template: str, name: str) -> Iterator[_Private]:
        """Yield an object for each of the first users that have one which others may not know of.

        Args:
            template: The path of such an object, up to and with its parameter.
            name: The parameter.
        """
        known = self._found.get((template, name))
        if known is None or any(map(self._is_past, known)):
            self._found[template, name] = known = []
            for owner in list(self._accounts.users())[:OWNERS]:
                with contextlib.suppress(NotPrepared, NotApplicable):
                    other = self._accounts.other(owner)
                    found = self._of_owner(template, name, owner, other)
                    known += [found] if found is not None else []
        yield from known

    def _is_past(self, found: _Private) -> bool:
        """Whether an object went with its owner, or who was refused it is gone."""
        return any(map(self._accounts.is_gone, (found.owner, found.other)))

    def _of_owner(self, template: str, name: str, owner: User, other: User) -> _Private | None:
        operations = self._preparer.security.operations
        shown = given_object(operations, template, name, {}, lambda it: self.send(it, owner))
        if shown is None:
            return None
        theirs = self.send(shown.request, other)
        is_known = not theirs.ok or str(shown.value) in theirs.text
        if is_known or self._preparer.sender.send(shown.request, NO_AUTH).ok:
            return None
        texts = _texts(shown.response.json) - {str(shown.value)}
        return _Private(shown.value, owner, other, texts, theirs)

    def send(self, request: Request, user: User) -> Response:
        """Send a request as a user."""
        credential = self._preparer.credential(request.operation, user)
        return self._preparer.sender.send(request, credential)


class OpenPartProbe:
    """Asks, without a credential, for what belongs to an object of a private list."""

    def __init__(self, preparer: RequestPreparer, objects: PrivateObjects) -> None:
        """Prepare a probe.

        Args:
            preparer: Of the run's requests.
            objects: Of private lists.
        """
        self._preparer, self._objects = preparer, objects

    def probe(self, operation: Operation) -> Iterator[Result]:
        """Try one operation."""
        is_open = operation.method in SAFE and not operation.secured
        is_meant = is_open and not operation.definition.get(SHARED_EXTENSION)
        if not is_meant or len(operation.path_parameters) != 1:
            return
        name = operation.path_parameters[0]
        template = operation.path.partition("{" + name + "}")[0] + "{" + name + "}"
        for found in self._objects.of(template, name):
            if opens_by_itself(name, found.value, operation):
                continue
            request = Request(operation, {name: found.value})
            answer = self._preparer.sender.send(request, NO_AUTH)
            note = ""
            if answer.ok and any(text in answer.text for text in found.texts):
                note = "anybody, without a credential, reads what its owner's list alone shows"
            yield evaluated(operation, CHECK, "open-part", (answer,), note, impact=Impact.LEAK)
            return


class ExportProbe:
    """Looks in what is no JSON, a CSV of all rows say, for what is somebody else's alone."""

    def __init__(self, objects: PrivateObjects) -> None:
        """Prepare a probe; see `OpenPartProbe`."""
        self._objects = objects

    def probe(self, operation: Operation) -> Iterator[Result]:
        """Try one operation."""
        is_read = operation.method == "GET" and operation.secured and "{" not in operation.path
        kept = operation.path.rstrip("/").rpartition("/")[0]
        if not (is_read and kept) or operation.definition.get(SHARED_EXTENSION):
            return
        if not _is_no_json(operation):
            return
        for found in self._objects.of(kept + "/{id}", "id"):
            own = {text for text in found.texts if text not in found.theirs.text}
            answer = self._objects.send(Request(operation, {}, RequestContent()), found.other)
            if not own or not answer.ok:
                continue
            is_held = any(text in answer.text for text in own)
            note = (
                "another user's export holds what its owner's list alone shows" if is_held else ""
            )
            yield evaluated(operation, CHECK, "export", (answer,), note, impact=Impact.LEAK)
            if note:
                return


def opens_by_itself(parameter: str, value: Any, operation: Operation) -> bool:
    """Whether an id is a secret that opens what it names, as nobody guesses it: a certificate's.

    A code of letters and digits by chance is one as well; an id of that kind is not called so.
    """
    is_code = parameter.lower().endswith("code") and bool(_BY_CHANCE.fullmatch(str(value)))
    return is_code or is_capability(parameter, operation)


def _is_no_json(operation: Operation) -> bool:
    """Whether an operation declares to answer with something else than JSON."""
    answers = operation.definition.get("responses", {})
    declared = [
        media
        for status, answer in answers.items()
        if str(status).startswith("2") and isinstance(answer, Mapping)
        for media in answer.get("content", {})
    ]
    return bool(declared) and not any("json" in media for media in declared)


def _texts(value: Any) -> set[str]:
    """Return the longer texts of an object."""
    parts = [value] if isinstance(value, Mapping) else list(items_of(value))
    found = (text for part in parts for _, text in fields_of(part))
    return {text for text in found if isinstance(text, str) and len(text) >= SHORTEST}
