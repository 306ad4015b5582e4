"""Where operations ask for credentials, which routes are shadowed, which ones end sessions.

Read from the document alone. Source: OpenAPI 3.1, Security Requirement Object.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apiproof.jwt import RequestAuth, Scheme, SessionEnd, schemes
from apiproof.openapi.document import Operation, operations
from apiproof.openapi.operations import SecurityRequirements


@dataclass(frozen=True)
class SchemeRequirement:
    """A scheme and the scopes that are asked for under it."""

    scheme: Scheme
    scopes: tuple[str, ...]


Alternative = tuple[SchemeRequirement, ...]
UNDECLARED = "undeclared"  # the scheme of a document that declares none
UNNAMED: SecurityRequirements = (((UNDECLARED, ()),),)


@dataclass(frozen=True)
class SecurityRequirement:
    """One credential of one alternative of one operation.

    Attributes:
        operation: The operation.
        alternative: All credentials that this alternative asks for.
        index: Which of them is in question; the others stay valid.
        optional: Whether the operation can be called without any credential too.
        known_scopes: Every scope that the document asks for under the scheme in question.
        other_scope_sets: The sets of scopes by which other alternatives let the same token in.
        use: The credential in question.
        name: Its scheme and, where it needs them, its companions.
    """

    operation: Operation
    alternative: Alternative
    index: int
    optional: bool = False
    known_scopes: tuple[str, ...] = ()
    other_scope_sets: tuple[frozenset[str], ...] = ()
    use: SchemeRequirement = field(init=False, repr=False, compare=False)
    name: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [use.scheme.name for use in self.alternative]
        others = (f" (with {name})" for place, name in enumerate(names) if place != self.index)
        object.__setattr__(self, "use", self.alternative[self.index])
        object.__setattr__(self, "name", names[self.index] + "".join(others))


class SecurityModel:
    """The security of a document's operations, worked out once.

    Attributes:
        document: The document.
        schemes: Its security schemes by name.
        operations: Its operations.
        alternatives: An operation's `security` -> the alternatives that ask for something and
            whose schemes are declared.
        requirements: An operation's label -> its requirements; none for a public one.
        endings: How sessions end -> the operations that end the caller's own so.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.schemes = schemes(document)
        self.operations = list(operations(dict(document)))
        self._work_out()

    def name_word(self, name: str, word: str) -> None:
        """Take note of the word before the credentials of a scheme."""
        self.schemes[name] = replace(self.schemes[name], word=word)
        self._work_out()

    def _work_out(self) -> None:
        self.endings = {
            end: [one for one in self.operations if is_session_ending(one, end)]
            for end in SessionEnd
        }
        asked = [one.security for one in self.operations]
        alone = [(((name, ()),),) for name in self.schemes]  # of what asks for one in secret
        self.alternatives = {one: self._declared_alternatives(one) for one in (*asked, *alone)}
        self.requirements = {one.label: self._requirements(one) for one in self.operations}

    def undeclared(self, operation: Operation) -> list[str]:
        """Return the names of schemes that the operation uses and nobody declares."""
        used = {name for alternative in operation.security for name, _ in alternative}
        return sorted(used - set(self.schemes))

    @property
    def is_unnamed(self) -> bool:
        """Whether the document says nothing of credentials."""
        return UNDECLARED in self.schemes

    @property
    def known(self) -> list[SecurityRequirements]:
        """What operations ask for; where the document says nothing of that, its users' tokens."""
        asked = [one.security for one in self.operations if one.security]
        return [UNNAMED] if self.is_unnamed else list(dict.fromkeys(asked))

    def is_bare(self, auth: RequestAuth) -> bool:
        """Whether a request carries no credential at all."""
        fields = {scheme.field.lower() for scheme in self.schemes.values()}
        return not (auth.cookies or auth.query or any(n.lower() in fields for n in auth.headers))

    def secure(self, operation: Operation) -> None:
        """Take an operation for what it turned out to be: secured, whatever the document says."""
        place = [one.label for one in self.operations].index(operation.label)
        self.operations[place] = operation
        self._work_out()

    def _declared_alternatives(self, security: SecurityRequirements) -> list[Alternative]:
        return [
            tuple(SchemeRequirement(self.schemes[name], scopes) for name, scopes in alternative)
            for alternative in security
            if alternative and all(name in self.schemes for name, _ in alternative)
        ]

    def _requirements(self, operation: Operation) -> list[SecurityRequirement]:
        optional = any(not alternative for alternative in operation.security)
        alternatives = self.alternatives[operation.security]
        return [
            SecurityRequirement(
                operation,
                alternative,
                index,
                optional,
                self._scopes(use.scheme),
                tuple(
                    frozenset(other[0].scopes)
                    for other in alternatives
                    if len(other) == 1 and other[0].scheme == use.scheme and other != alternative
                ),
            )
            for alternative in alternatives
            for index, use in enumerate(alternative)
        ]

    def _scopes(self, scheme: Scheme) -> tuple[str, ...]:
        found = {
            scope
            for alternatives in self.alternatives.values()
            for alternative in alternatives
            for use in alternative
            if use.scheme == scheme
            for scope in use.scopes
        }
        return tuple(sorted(found))


def shadowed_routes(document: Mapping[str, Any]) -> dict[str, Operation]:
    """Return the operations that an earlier one may shadow, and which one.

    Returns:
        operationId -> the earlier operation.
    """
    found: dict[str, Operation] = {}
    earlier: list[Operation] = []
    for operation in operations(dict(document)):
        for candidate in earlier:
            if candidate.method == operation.method and _covers(candidate, operation.path):
                found.setdefault(operation.operation_id, candidate)
        earlier.append(operation)
    return found


def _covers(candidate: Operation, path: str) -> bool:
    theirs, ours = candidate.path.split("/"), path.split("/")
    if len(theirs) != len(ours) or candidate.path.count("{") <= path.count("{"):
        return False
    # Whatever the parameter's schema says: the route is chosen before values are checked.
    pairs = zip(theirs, ours, strict=True)
    return all(their[:1] == "{" or their == our for their, our in pairs)


_SIGN_OUT = re.compile(r"(log|sign)[-_]?out|revoke|end[-_]?session", re.IGNORECASE)
# What a document need not secure: whoever has no session has none to end.
_PLAIN_SIGN_OUT = re.compile(r"(log|sign)[-_]?out|end[-_]?session", re.IGNORECASE)
_SIGN_OUT_PATH = re.compile(r"(log|sign)[-_]?out/?$", re.IGNORECASE)  # a link that is followed
_OWN_ACCOUNT = re.compile(
    r"/(me|self|account|profile|user|users/current|current[-_]?user)/?$|(delete|close|remove)[-_]?(me|(my[-_]?)?account)$",
    re.IGNORECASE,
)


def is_session_ending(operation: Operation, ending: SessionEnd) -> bool:
    """Tell whether an operation ends the caller's own session or account."""
    names = f"{operation.operation_id} {operation.path}"
    is_plain = ending is SessionEnd.SIGNED_OUT and _PLAIN_SIGN_OUT.search(names)
    if not (operation.security or is_plain) or "{" in operation.path:
        return False
    if ending is SessionEnd.SIGNED_OUT:
        by_get = operation.method == "GET" and _SIGN_OUT_PATH.search(operation.path)
        by_write = operation.method in {"POST", "DELETE"} and _SIGN_OUT.search(names)
        return bool(by_get or by_write)
    if ending is SessionEnd.DELETED and operation.method == "DELETE":
        return any(_OWN_ACCOUNT.search(name) for name in names.split())
    return False


def turn_of(operation: Operation) -> int:
    """Return when an operation's turn comes: reads before writes, and what ends accounts last."""
    ending = any(
        is_session_ending(operation, kind) for kind in (SessionEnd.SIGNED_OUT, SessionEnd.DELETED)
    )
    rank = {"GET": 0, "DELETE": 2}
    return 3 if ending else rank.get(operation.method, 1)
