"""How somebody else asks for an object: by path, through a parent of their own, by reference."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apiproof.access.http import Request, Response
from apiproof.access.owners import may_read_named, read_made, shown_to
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.references import Reference
from apiproof.access.resources import nonexistent_id
from apiproof.access.safeguards import SAFE, makes_account, names_account
from apiproof.access.users import User
from apiproof.jwt import CredentialContext, NotApplicable, RequestAuth, admin_claims
from apiproof.openapi.document import Operation

FORGED = "other-admin"
_ADDING = frozenset({"PUT", "POST"})  # a member to a group; PATCH and DELETE are about the member
_NAME = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class AccessAttempt:
    """One way in which somebody else asks for an object, and the same for none.

    Attributes:
        name: The cell's.
        title: Who asks, and how.
        theirs: The request for the object.
        nothing: Requests for what never existed.
        auth: Whose credential is sent.
        reference: What names the object beside the path; None where the path does.
    """

    name: str
    title: str
    theirs: Request
    nothing: tuple[Request, ...]
    auth: RequestAuth
    reference: Reference | None = None


class AccessAttempts:
    """Builds the attempts at one request."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer

    def of(self, operation: Operation, prepared: PreparedRequest) -> Iterator[AccessAttempt]:
        """Yield the ways in which somebody else may ask for what a request is about."""
        other = self._preparer.user_source.other(prepared.user)
        auth = self._preparer.credential(operation, other)
        if owned(prepared):
            nothing = (with_nonexistent_ids(prepared, 0), with_nonexistent_ids(prepared, 1))
            yield AccessAttempt("other-user", "another user", prepared.request, nothing, auth)
            if admin := self._as_admin(operation, prepared):
                title = "another user with an administrator's claims"
                yield AccessAttempt(FORGED, title, prepared.request, nothing, admin)
        # An id that its sender chose is one's own below a parent of one's own.
        is_chosen = prepared.made and prepared.made[-1].creator.method == "PUT"
        is_tried = operation.path.count("{") > 1 and not is_chosen
        if is_tried and not self._is_shown_apart(operation, prepared, other):
            own = self._preparer.prepared(operation, user=other).request
            last = operation.path.rpartition("{")[2].partition("}")[0]
            value = prepared.request.values[last]
            theirs, *nothing_there = (
                own.at(**{last: item})
                for item in (value, nonexistent_id(value), nonexistent_id(value, 1))
            )
            title = "another user, through a parent of their own"
            yield AccessAttempt("own-parent", title, theirs, tuple(nothing_there), auth)
        for reference in prepared.references:
            if not reference.is_list and not self._is_open(operation, reference, other):
                yield self._by_reference(operation, prepared, reference, auth)

    def refuse_above(self, attempt: AccessAttempt, theirs: Response) -> bool:
        """Whether what never existed is refused alike below the same parent.

        Then the parent refuses whoever is no member of it, and tells nothing of what it holds.
        """
        names = attempt.theirs.operation.path_parameters
        if len(names) < 2:
            return False
        nothing = attempt.theirs.at(**{names[-1]: nonexistent_id(attempt.theirs.values[names[-1]])})
        return self._preparer.sender.send(nothing, attempt.auth).status == theirs.status

    def _is_shown_apart(self, operation: Operation, prepared: PreparedRequest, other: User) -> bool:
        """Whether what is named below a parent exists apart from any, and is no secret of others.

        It is put there, a guest into one's own album, and not taken from somebody: people may be
        named by everybody, and so may what others may read.
        """
        last = operation.path_parameters[-1]
        made = next((one for one in prepared.made if one.parameter == last), None)
        if made is not None and makes_account(made.creator):
            made = None
        # What says something of it changes it: a caption, the name of a user.
        may_change = made is not None or names_account(operation, last)
        is_change = may_change and "requestBody" in operation.definition
        if operation.method not in _ADDING or not operation.path.endswith("}") or is_change:
            return False
        if made is None:
            return True
        above = operation.path.rpartition("{")[0].rpartition("}")[0] + "}"
        if _NAME.sub("{}", made.creator.path).startswith(_NAME.sub("{}", above)):
            return False
        read = read_made(self._preparer, made, other)
        return read is not None and read.ok

    def _is_open(self, operation: Operation, reference: Reference, other: User) -> bool:
        """Whether others are shown what a read names in its query or headers."""
        if operation.method not in SAFE or reference.made is None:
            return False
        value = reference.made.value
        return shown_to(self._preparer, reference.made, other) is not None or may_read_named(
            self._preparer, reference.name, value, other
        )

    def _by_reference(
        self,
        operation: Operation,
        prepared: PreparedRequest,
        reference: Reference,
        auth: RequestAuth,
    ) -> AccessAttempt:
        other = self._preparer.user_source.other(prepared.user)
        own = self._preparer.prepared(operation, user=other).request
        value = reference.value_in(prepared.request.content)
        own = reference.apart(own, value)
        theirs, *nothing_there = (
            reference.at(own, item)
            for item in (value, nonexistent_id(value), nonexistent_id(value, 1))
        )
        where = "the body" if reference.place == "body" else f"a {reference.place}"
        title = f"another user, naming it as {reference.name} in {where},"
        name = f"{reference.place}-{reference.name}"
        return AccessAttempt(name, title, theirs, tuple(nothing_there), auth, reference)

    def _as_admin(self, operation: Operation, prepared: PreparedRequest) -> RequestAuth | None:
        """Return the credential of another user that claims to be an administrator's."""
        user_source = self._preparer.user_source
        other = user_source.other(prepared.user)
        for alternative in self._preparer.security.alternatives[operation.security]:
            use = alternative[0]
            try:
                credential = user_source.credential(other, use.scheme, use.scopes)
                material = user_source.material(other, use.scheme, "")
                context = CredentialContext(use.scheme, credential, material=material)
                return use.scheme.present(context.resigned(admin_claims()))
            except NotApplicable:
                continue
        return None


def owned(prepared: PreparedRequest) -> bool:
    """Whether the request is about something that its user made, or is known by."""
    mine = {str(value) for value in prepared.user.attributes.values()}
    known = any(str(value) in mine for value in prepared.request.values.values())
    return bool(prepared.made) or (known and prepared.request.operation.method not in SAFE)


def with_nonexistent_ids(prepared: PreparedRequest, number: int) -> Request:
    """Return a prepared request's request for objects that never existed."""
    values = {
        name: nonexistent_id(value, number) for name, value in prepared.request.values.items()
    }
    return prepared.request.at(**values)
