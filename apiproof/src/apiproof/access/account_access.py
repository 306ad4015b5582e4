"""Accounts of others: a request that names its sender is replayed naming somebody else.

Path, query or body: whatever carries one of the sender's identifiers is filled with another
account's. What counts is the other account afterwards: what it says of itself, and whether its
name and password still work. Both accounts are the run's own.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.checks import Impact
from apiproof.access.fields import (
    EMAIL_FIELD,
    NAME_FIELD,
    PASSWORD_FIELD,
    WORD,
    fields_of,
    plain_name,
    with_field,
)
from apiproof.access.http import NotPrepared, Request, Response
from apiproof.access.objects import CHECK, PRIVATE_FIELD, SHARED_EXTENSION
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest, held_things, held_value, own_value
from apiproof.access.report import AccessFinding, Cell, evaluated, skipped
from apiproof.access.resources import items_of, nonexistent_id
from apiproof.access.response_diff import flatten
from apiproof.access.role_words import is_for_admins
from apiproof.access.safeguards import (
    SAFE,
    is_account_operation,
    names_account,
    spare_account,
)
from apiproof.access.users import User
from apiproof.jwt import NO_AUTH, NotApplicable
from apiproof.openapi.document import Operation

CASE = "other-account"
PRIVATE_PATH = re.compile(
    rf"{WORD}(orders?|invoices?|payments?|billing|cards?|wallets?|balances?|transactions?|statements?"
    r"|addresses|settings|preferences|messages|notifications|inbox|documents|files|records|notes"
    r"|medical|appointments|bookings?|reservations?|carts?|baskets?|tickets|tokens|keys|sessions"
    r"|subscriptions?|devices|private|vehicles?|parcels?|shipments?|deliveries)"
    r"(/(by[-_]?)?(user|owner|account|customer|member)s?)?/?($|/\{)",
    re.IGNORECASE,
)


_ACCOUNT_NOUN = (
    "user|account|customer|member|profile|person|people|client|patient|employee|student|owner"
    "|collaborator|colleague|worker"
    "|player|driver|seller|author"
)
OF_SOMEBODY = re.compile(
    rf"/({_ACCOUNT_NOUN})s?(/v\d+)?/\{{|\{{({_ACCOUNT_NOUN})([-_]?(id|name|uuid|sub|number|no))?\}}",
    re.IGNORECASE,
)


_IS_TOKEN = re.compile(r"token|jwt", re.IGNORECASE)


class AccountAccessProbe:
    """Replays requests about one's own account for somebody else's."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts) -> None:
        self._preparer = preparer
        self._accounts = accounts

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one operation.

        Raises:
            NotPrepared: There is no request to replay.
        """
        shared = operation.definition.get(SHARED_EXTENSION)
        if shared:
            return
        if not operation.secured:
            yield from self._unasked(operation)
            return
        if operation.method in SAFE:
            attacker = next(self._accounts.users())
        elif is_account_operation(operation) and self._accounts.can_create_users:
            attacker = spare_account(self._accounts)
        else:
            return
        prepared = self._preparer.prepared(operation, user=attacker)
        if self._accounts.is_gone(attacker):  # the trial has deleted it; a recipe is known now
            attacker = self._accounts.new_user()
            prepared = self._preparer.prepared(operation, user=attacker)
        try:
            victim = self._victim(attacker)
        except NotApplicable as reason:
            yield skipped(operation, CASE, str(reason)), []
            return
        if operation.method in SAFE:
            prepared = self._naming(prepared, attacker)
        request = substituted(prepared.request, attacker, victim)
        if request is None:
            return
        if operation.method in SAFE:
            yield self._read(operation, prepared, request, victim)
        else:
            yield self._changed(operation, prepared, request, victim)

    def _unasked(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Change, or delete, somebody's account where the document asks for no credential."""
        names = operation.path_parameters
        is_change = operation.method in {"PUT", "PATCH", "DELETE"} and len(names) < 2
        is_about_one = names_account(operation, names[0]) if names else True
        if not (is_change and is_about_one and self._accounts.can_create_users):
            return
        if not names and not is_account_operation(operation):
            return
        victim, attacker = self._accounts.new_user(), self._accounts.new_user()
        prepared = self._preparer.prepared(operation, user=attacker)
        request = substituted(prepared.request, attacker, victim)
        if names and (own := own_value(operation, names[0], victim)) is not None:
            request = (request or prepared.request).at(**{names[0]: own})
        if request is not None:
            yield self._changed(operation, prepared, request, victim)

    def _naming(self, prepared: PreparedRequest, attacker: User) -> PreparedRequest:
        """Return a read that names its sender in a query parameter that may be left out."""
        request, operation = prepared.request, prepared.request.operation
        if substituted(request, attacker, attacker) is not None or "{" in operation.path:
            return prepared
        own = {plain_name(name): value for name, value in attacker.attributes.items()}
        names = self._preparer.payloads.query_names(request.operation)
        said = {
            name: own[plain_name(name)]
            for name in names
            if plain_name(name) in own and plain_name(name) != "id"
        }
        content = replace(request.content, query={**request.content.query, **said})
        return replace(prepared, request=replace(request, content=content))

    def _victim(self, attacker: User) -> User:
        others = [one for one in self._accounts.own_accounts if one.name != attacker.name]
        return others[-1] if others else self._accounts.other(attacker)

    def _read(
        self, operation: Operation, prepared: PreparedRequest, request: Request, victim: User
    ) -> tuple[Cell, list[AccessFinding]]:
        """Read as somebody else: what tells more than the name that was asked for is theirs."""
        answer = self._preparer.sender.send(request, prepared.auth)
        asked = {*map(str, request.values.values()), *map(str, request.content.query.values())}
        private = {
            value
            for name, value in victim.attributes.items()
            if EMAIL_FIELD.search(name) or "phone" in name.lower()
        } - asked
        shown = {path[-1]: str(value) for path, value in fields_of(answer.json)}
        shown = {name: value for name, value in shown.items() if value in private}
        note = ""
        if answer.ok and shown and self._is_private(operation, victim, shown):
            note = "another user reads what only the account's owner is shown elsewhere"
        impact: Impact | None = Impact.LEAK
        if not note and answer.ok and self._shows_theirs(prepared, request, victim):
            note, impact = "another user reads what belongs to somebody else's account", None
        kind = "let in" if note else ""
        return evaluated(operation, CHECK, CASE, (answer,), note, kind=kind, impact=impact)

    def _shows_theirs(self, prepared: PreparedRequest, request: Request, victim: User) -> bool:
        """Whether somebody else is shown what is a victim's own, and private by its name.

        What a victim has is compared with what the attacker has: it must differ. Followers and
        posts are for everybody; orders and settings are not.
        """
        operation = request.operation
        held = {value for _, _, value in held_things(victim)}
        held |= {held_value(operation, name, victim) or "" for name in operation.path_parameters}
        is_held = bool(held.intersection(map(str, request.values.values())))
        if not (is_held or OF_SOMEBODY.search(operation.path) or request.content.query):
            return False  # an id that happens to be that of an account, too
        send = self._preparer.sender.send
        with contextlib.suppress(NotPrepared, NotApplicable):  # so that their list is not empty
            theirs = self._preparer.prepared(operation, user=victim)
            for creator in self._preparer.maker.creators.for_list(operation)[:1]:
                self._preparer.maker.make(creator, theirs)
        auth = self._accounts.auth_of(operation, victim)
        if auth is None:
            return False
        shown, own = send(request, prepared.auth), send(request, auth)
        mine = {
            str(value) for value in flatten(send(prepared.request, prepared.auth).json).values()
        }
        named = {
            str(value) for value in (*request.values.values(), *request.content.query.values())
        }
        private = {str(value) for value in flatten(own.json).values()} - mine - named
        names = [path[-1] for item in items_of(own.json) for path, _ in fields_of(item)]
        is_private = PRIVATE_PATH.search(operation.path) or any(
            PRIVATE_FIELD.search(name) for name in names
        )
        found = {str(value) for value in flatten(shown.json).values()}
        if not (own.ok and shown.ok and is_private):
            return False
        return private <= found if private else self._is_about(prepared, request, found)

    def _is_about(self, prepared: PreparedRequest, request: Request, found: set[str]) -> bool:
        """Whether an answer names whom it was asked for, and there is none for nobody.

        What new accounts have, a balance of 0 say, is alike: it tells nothing by itself.
        """
        own = prepared.request.values
        named = {name: value for name, value in request.values.items() if value != own.get(name)}
        if not {str(value) for value in named.values()} & found:
            return False
        nobody = request.at(**{name: nonexistent_id(value) for name, value in named.items()})
        return not self._preparer.sender.send(nobody, prepared.auth).ok

    def _is_private(self, operation: Operation, victim: User, shown: Mapping[str, str]) -> bool:
        """Whether no list or public operation shows the same to everybody, of whomever."""
        for other in self._preparer.security.operations:
            if other.method != "GET" or other == operation or "{" in other.path:
                continue
            if other in self._accounts.me or is_for_admins(other):
                continue
            attacker = next(iter(self._accounts.own_accounts), victim)
            auth = self._accounts.auth_of(other, attacker)
            if auth is None and other.secured:
                continue
            answer = self._send_plain(other, attacker)
            own = {str(value) for value in attacker.attributes.values()}
            for item in items_of(answer.json) if answer is not None and answer.ok else ():
                if any(item.get(name) and str(item[name]) not in own for name in shown):
                    return False
        return True

    def _send_plain(self, operation: Operation, user: User) -> Response | None:
        if self._preparer.safeguards.reason(Request(operation)):
            return None
        auth = self._accounts.auth_of(operation, user)
        request = Request(operation)
        return self._preparer.sender.send(request, auth) if auth else None

    def _changed(
        self, operation: Operation, prepared: PreparedRequest, request: Request, victim: User
    ) -> tuple[Cell, list[AccessFinding]]:
        whoever = "another user" if operation.secured else "anybody, without a credential,"
        before = self._state(victim, request)
        answer = self._preparer.sender.send(request, prepared.auth)
        note = ""
        if not answer.ok:  # the sender is who they were
            return evaluated(operation, CHECK, CASE, (answer,), note)
        self._accounts.forget(prepared.user)
        if not before:
            return evaluated(operation, CHECK, CASE, (answer,), note)
        after = self._state(victim, request)
        if before and not after:
            note = f"{whoever} can take an account away: its credential no longer works"
        elif after != before:
            names = sorted(name for name in before if before[name] != after.get(name))
            note = f"{whoever} can change {', '.join(names) or 'an account'} of somebody else"
        elif self._sets_password(request, victim) and self._sets_password_again(operation):
            note = f"{whoever} can set the password of somebody else"
        if note:
            self._accounts.forget(victim)
        return evaluated(operation, CHECK, CASE, (answer,), note, kind="changed" if note else "")

    def _sets_password(self, request: Request, victim: User) -> bool:
        return _takes_password(request) and not self._accounts.can_still_log_in(victim)

    def _sets_password_again(self, operation: Operation) -> bool:
        """Whether the same happens to an account that was just signed in to: a control."""
        attacker, victim = self._accounts.new_user(), self._accounts.new_user()
        prepared = self._preparer.prepared(operation, user=attacker)
        request = substituted(prepared.request, attacker, victim)
        if request is None or not self._preparer.sender.send(request, prepared.auth).ok:
            return False
        self._accounts.forget(attacker)
        self._accounts.forget(victim)
        return self._sets_password(request, victim)

    def _state(self, victim: User, request: Request) -> dict[str, Any]:
        """Return what the service says of an account to its owner, at a request's place as well."""
        found: dict[str, Any] = {}
        readers = [
            Request(one, request.values)
            for one in self._preparer.security.operations
            if one.method == "GET" and one.path == request.operation.path and request.values
        ]
        own = [self._accounts.me_request(one, victim) for one in self._accounts.me]
        for reading in [*(one for one in own if one is not None), *readers]:
            is_open = not reading.operation.secured
            auth = NO_AUTH if is_open else self._accounts.auth_of(reading.operation, victim)
            answer = self._accounts.send(reading, auth) if auth is not None else None
            if answer is not None and answer.ok:
                found |= {
                    "/".join(path): value
                    for path, value in fields_of(answer.json)
                    if not _IS_TOKEN.search(path[-1])  # each reading may make a new one
                }
        return found


def _takes_password(request: Request) -> bool:
    return any(PASSWORD_FIELD.search(path[-1]) for path, _ in fields_of(request.content.body))


def substituted(request: Request, attacker: User, victim: User) -> Request | None:
    """Return a request that names a victim where it named its sender; None if it named nobody.

    What else it says of the sender, an e-mail address say, becomes something new, so that a change
    of the victim's account shows.
    """
    pairs = {
        str(value): str(victim.attributes[name])
        for name, value in attacker.attributes.items()
        if name in victim.attributes and str(value) != str(victim.attributes[name])
    }
    content = request.content
    values = {name: _swapped(value, pairs) for name, value in request.values.items()}
    query = {name: _swapped(value, pairs) for name, value in content.query.items()}
    body, is_named = content.body, values != dict(request.values) or query != dict(content.query)
    fields = [(path, value) for path, value in fields_of(body) if str(value) in pairs]
    naming = [
        path for path, _ in fields if NAME_FIELD.search(path[-1]) or path[-1].lower().endswith("id")
    ]
    named = set() if is_named else set(naming or [path for path, _ in fields[:1]])
    for path, value in fields:  # a new id would be that of an account that nobody knows
        is_victim = path in named or path[-1].lower().endswith("id")
        body = with_field(body, path, _swapped(value, pairs) if is_victim else _new(value))
    if not is_named and not named:
        return None
    return replace(request, values=values, content=replace(content, query=query, body=body))


def _swapped(value: Any, pairs: Mapping[str, str]) -> Any:
    text = pairs.get(str(value))
    if text is None or isinstance(value, bool):
        return value
    return int(text) if isinstance(value, int) and text.isdigit() else text


def _new(value: Any) -> Any:
    """Return another value of the same kind: its first letter or digit changes."""
    found = re.search(r"[A-Za-z1-9]", str(value))
    if found is None:
        return value
    other = {"z": "y", "9": "8"}.get(found[0], "9" if found[0].isdigit() else "z")
    changed = str(value)[: found.start()] + other + str(value)[found.end() :]
    return int(changed) if isinstance(value, int) else changed
