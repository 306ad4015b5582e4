"""Lists of ids in one request: whoever names somebody else's must change and see nothing of it.

Source: OWASP API1:2023, which is about every id that a client sends; CWE-639.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.example_values import type_of
from apiproof.access.fields import fields_of, with_field
from apiproof.access.http import NotPrepared, Request, Response
from apiproof.access.objects import CHECK, SHARED_EXTENSION
from apiproof.access.owners import read_made
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.references import own_nouns
from apiproof.access.report import AccessFinding, Cell, evaluated, skipped
from apiproof.access.resources import CreatedResource, ResourceCreator, makes, noun_of, singular
from apiproof.access.response_diff import diff, flatten, normalize
from apiproof.access.users import User
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation

CASE = "bulk-ids"
SHORTEST = 5  # letters of a value that tells something: numbers are alike by chance
_IDS = re.compile(r"^(.*?)_?(ids|Ids|IDs|uuids|keys)$")
Place = tuple[str, tuple[str, ...]]  # `query` or `body`, and the path there


class BulkIdsProbe:
    """Sends lists of ids that hold what somebody else made during the run."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts) -> None:
        self._preparer = preparer
        self._accounts = accounts

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one operation.

        Raises:
            NotPrepared: Nothing can be made or sent.
        """
        place = self._place(operation)
        is_tried = place and operation.secured
        if not is_tried or place is None or operation.definition.get(SHARED_EXTENSION):
            return
        creator = self._creator(operation, place)
        if creator is None:
            return
        try:
            victim, attacker = self._pair()
        except NotApplicable as reason:
            yield skipped(operation, CASE, str(reason)), []
            return
        own = self._made(creator, attacker)
        theirs = self._made(creator, victim)
        before, again = (self._read(theirs, victim) for _ in range(2))
        if not before.ok or self._read(theirs, attacker).ok:
            yield skipped(operation, CASE, "its objects are not their maker's alone"), []
            return
        mine = self._read(own, attacker)
        control = self._send(operation, place, own, attacker)
        if not control.ok:
            yield skipped(operation, CASE, f"one's own ids are answered {control.status}"), []
            return
        answer = self._send(operation, place, theirs, attacker)
        after = self._read(theirs, victim)
        note, kind = "", ""
        states = [normalize(one, ()) for one in (before, again, after)]
        noise = diff(states[0], states[1])
        if not after.ok or diff(states[0], states[2], times=False) - noise:
            note, kind = "another user changes what somebody else made, by a list of ids", "changed"
        elif answer.ok and _shows(answer, theirs, before, mine):
            note, kind = "another user reads what somebody else made, by a list of ids", "let in"
        yield evaluated(operation, CHECK, CASE, (answer,), note, kind=kind)

    def _pair(self) -> tuple[User, User]:
        """Return whose object is named, and by whom: users of the file where nobody signs up.

        What is named is the run's own also there.
        """
        if self._accounts.can_create_users:
            return self._accounts.new_user(), self._accounts.new_user()
        attacker = next(self._accounts.users())
        return self._accounts.other(attacker), attacker

    def _place(self, operation: Operation) -> Place | None:
        """Return where an operation takes a list of ids; None where it takes none."""
        for parameter in self._preparer.payloads.parameters(operation):
            schema = self._preparer.payloads.resolve(parameter.get("schema", {}))
            name = str(parameter.get("name"))
            if parameter.get("in") == "query" and _IDS.match(name) and _is_list_or_text(schema):
                return "query", (name,)
        for path, value in fields_of(self._preparer.payloads.full_body(operation)):
            if isinstance(value, list) and _IDS.match(path[-1]):
                return "body", path
        return None

    def _creator(self, operation: Operation, place: Place) -> Operation | None:
        """Return what makes an object that may be named there, and that something reads."""
        found = _IDS.match(place[1][-1])
        nouns = own_nouns(operation) | ({singular(found[1].lower())} if found else set())
        for creator in self._preparer.security.operations:
            is_creator = makes(creator) and creator.secured and "{" not in creator.path
            if not is_creator or creator == operation or noun_of(creator.path) not in nouns - {""}:
                continue
            path = re.escape(creator.path.rstrip("/"))
            for reader in self._preparer.security.operations:
                if reader.method == "GET" and re.fullmatch(
                    rf"{path}(/\{{[^/}}]+\}})?/?", reader.path
                ):
                    return creator
        return None

    def _made(self, creator: Operation, user: User) -> CreatedResource:
        auth = self._preparer.credential(creator, user)
        beside = PreparedRequest(user, Request(creator), auth)
        return self._preparer.maker.make(ResourceCreator(creator), beside)

    def _read(self, made: CreatedResource, user: User) -> Response:
        return read_made(self._preparer, made, user) or Response(404, {}, "")

    def _send(
        self, operation: Operation, place: Place, made: CreatedResource, user: User
    ) -> Response:
        """Send a list that holds one id.

        Raises:
            NotPrepared: Nothing fills the rest of the request.
        """
        recipe = next(iter(self._preparer.payloads.recipes(operation)), None)
        if recipe is None or operation.path_parameters:
            raise NotPrepared("nothing fills the rest of the request")
        content = recipe(user, 0)
        where, path = place
        ids: list[Any] = [made.value]
        if where == "query":  # one id is the same list with commas or without
            content = replace(content, query={**content.query, path[0]: ids})
        else:
            content = replace(content, body=with_field(content.body, path, ids))
        auth = self._preparer.credential(operation, user)
        return self._preparer.sender.send(Request(operation, {}, content), auth)


def _is_list_or_text(schema: dict[str, Any]) -> bool:
    """Whether a parameter takes ids: an array, or a text with commas; each may be null."""
    choices = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return any(type_of(one) in {"array", "string"} for one in choices)


def _shows(answer: Response, made: CreatedResource, read: Response, mine: Response) -> bool:
    """Whether an answer tells of an object more than its id, and nothing that is the asker's too.

    Args:
        answer: To whoever named the object.
        made: The object.
        read: What its maker reads of it.
        mine: What the asker reads of an object of their own.
    """
    known = {str(value) for value in flatten(mine.json).values()}
    private = {str(value) for value in flatten(read.json).values()} - known - {str(made.value)}
    shown = {text for text in private if len(text) > SHORTEST}
    return bool(shown & {str(value) for value in flatten(answer.json).values()})
