"""Roles inside a group of the run's own: a plain member neither sets roles nor removes others.

Three accounts of the run's own: one makes a group and adds the other two. The control is the maker,
who may set a role or remove somebody; a member who is shown to have a higher role by their own
doing has escalated (OWASP API5:2023, CWE-269). That a member removes another is a finding only
where the group refuses them something else that is done to members: some groups are of equals.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.fields import fields_of, with_field
from apiproof.access.http import NotPrepared, Request, Response
from apiproof.access.objects import SHARED_EXTENSION
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import Preparation, own_value
from apiproof.access.report import Result, evaluated, skipped
from apiproof.access.resources import ResourceCreator, created_id, items_of
from apiproof.access.shares import naming
from apiproof.access.users import User
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation

CHECK = "functions_enforced"
CASE = "member"
ACCOUNTS = 4  # who makes the group, a member, another, and one who is added later
REFUSED = {401, 403}
_MEMBERS = re.compile(r"\}/(members?|users|people|collaborators|participants)/?$", re.IGNORECASE)
_ROLE = re.compile(r"role|level|permission", re.IGNORECASE)
_LEADS = re.compile(r"admin|owner|manager|lead|moderator|maintain", re.IGNORECASE)


@dataclass
class _Group:
    """A group of the run's own.

    Attributes:
        add: What adds somebody.
        values: What its path says.
        accounts: Its maker, two members, and somebody outside.
        joined: What was answered when a member was added, by name.
    """

    add: Operation
    values: dict[str, Any]
    accounts: list[User]
    joined: dict[str, Response]


class GroupRolesProbe:
    """Has a plain member do to members what the maker of a group may."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts) -> None:
        """Prepare.

        Args:
            preparer: Of the run's requests.
            accounts: Its users.
        """
        self._preparer, self._accounts = preparer, accounts

    def run(self, operations: Iterable[Operation]) -> Iterator[Result]:
        """Try the operations that add members, with those that change and remove them."""
        for operation in operations:
            with contextlib.suppress(NotPrepared, NotApplicable):
                yield from self._tried(operation)

    def _tried(self, operation: Operation) -> Iterator[Result]:
        is_adding = operation.method == "POST" and operation.secured
        if not is_adding or not _MEMBERS.search(operation.path):
            return
        setter = self._on_member(operation, "PATCH", "PUT")
        remover = self._on_member(operation, "DELETE")
        is_meant = self._accounts.can_create_users and not operation.definition.get(
            SHARED_EXTENSION
        )
        if not is_meant or not (setter or remover):
            return
        group = self._group(operation)
        if group is None:
            yield skipped(operation, CASE, "nobody could be added to a group", CHECK), []
            return
        refused = False
        if setter is not None:
            answer, result = self._raised(group, setter)
            refused = answer.status in REFUSED
            yield result
        if remover is not None:
            yield self._removed(group, remover, is_refused=refused)

    def _on_member(self, add: Operation, *methods: str) -> Operation | None:
        pattern = re.compile(re.escape(add.path.rstrip("/")) + r"/\{[^}/]+\}(/roles?)?/?")
        return next(
            (
                one
                for one in self._preparer.security.operations
                if one.method in methods and pattern.fullmatch(one.path)
            ),
            None,
        )

    def _group(self, add: Operation) -> _Group | None:
        """Make a group and add two members; None where that does not work."""
        accounts = self._accounts.own_accounts[:ACCOUNTS]
        accounts += [self._accounts.new_user() for _ in range(ACCOUNTS - len(accounts))]
        recipe = next(iter(self._preparer.payloads.recipes(add)))
        made = self._preparer.filled(add, Preparation(accounts[0]), recipe)
        group = _Group(add, dict(made.request.values), accounts, {})
        for member in accounts[1:3]:
            answer = self._send_adding(group, member, accounts[0])
            if answer is None or not answer.ok:
                return None
            group.joined[member.name] = answer
        return group

    def _send_adding(self, group: _Group, member: User, by: User) -> Response | None:
        """Ask, as somebody, for a member to be added with the least that the document offers."""
        recipe = next(iter(self._preparer.payloads.recipes(group.add)))
        content = recipe(by, 0)
        level = self._level(group.add)
        body, is_named = naming(content.body, member, level[0] if level else ())
        if not is_named:
            return None
        if level is not None and level[2] is not None:
            body = with_field(body, level[0], level[2])
        request = Request(group.add, group.values, replace(content, body=body))
        return self._send(request, by)

    def _level(self, operation: Operation) -> tuple[tuple[str, ...], Any, Any] | None:
        """Return where a body says a role, the highest that it may be, and the least."""
        payloads = self._preparer.payloads
        for path, _ in fields_of(payloads.full_body(operation)):
            if _ROLE.search(path[-1]):
                choices = payloads.schema_at(operation, path).get("enum", ())
                leading = [one for one in choices if _LEADS.search(str(one))]
                plain = [one for one in choices if one not in leading]
                lead = leading[0] if leading else None if choices else "admin"
                return (path, lead, plain[0] if plain else None) if lead else None
        return None

    def _raised(self, group: _Group, setter: Operation) -> tuple[Response, Result]:
        """Have a member give themselves the highest role."""
        maker, member, other, _ = group.accounts
        level = self._level(setter)
        if level is None:
            none = Response(0, {}, "")
            return none, (skipped(setter, CASE, "no role is known that leads", CHECK), [])
        keys = [self._keys(group, setter, one) for one in (other, member)]
        for key, own in zip(*keys, strict=True):
            control = self._set(group, setter, key, level[2] or level[1], maker)
            if not control.ok:
                continue
            before = self._has(group, member, level[1])
            answer = self._set(group, setter, own, level[1], member)
            is_raised = answer.ok and not before and self._has(group, member, level[1], answer)
            note = f"a member of a group makes themselves {level[1]} of it" if is_raised else ""
            kind = "gained" if note else ""
            return answer, evaluated(setter, CHECK, CASE, (answer,), note, kind=kind)
        none = Response(0, {}, "")
        return none, (skipped(setter, CASE, "whoever makes a group sets no role", CHECK), [])

    def _removed(self, group: _Group, remover: Operation, *, is_refused: bool) -> Result:
        """Have a member remove another."""
        maker, member, other, late = group.accounts
        joined = self._send_adding(group, late, member)  # what members may do to members
        is_refused = is_refused or (joined is not None and joined.status in REFUSED)
        for key in self._keys(group, remover, other):
            request = Request(remover, self._values(group, remover, key))
            answer = self._send(request, member)
            if not answer.ok:
                continue
            again = self._send(request, maker)  # gone: there is nobody to remove
            is_done = is_refused and not again.ok
            note = "a plain member of a group removes another member" if is_done else ""
            kind = "let in" if note else ""
            return evaluated(remover, CHECK, CASE, (answer,), note, kind=kind)
        return evaluated(remover, CHECK, CASE, (), "")

    def _keys(self, group: _Group, operation: Operation, member: User) -> list[Any]:
        """Return what may name a member: the account, or the membership that was answered."""
        name = operation.path_parameters[-1]
        template = operation.path[: operation.path.rfind("}") + 1]
        answered = created_id(ResourceCreator(group.add), group.joined[member.name], template, name)
        return [own_value(operation, name, member), answered]

    def _values(self, group: _Group, operation: Operation, key: Any) -> dict[str, Any]:
        return {**group.values, operation.path_parameters[-1]: key}

    def _set(self, group: _Group, setter: Operation, key: Any, role: Any, by: User) -> Response:
        level = self._level(setter)
        if key is None or level is None:
            return Response(0, {}, "")
        recipe = next(iter(self._preparer.payloads.recipes(setter)))
        content = recipe(by, 0)
        body = with_field(content.body, level[0], role)
        values = self._values(group, setter, key)
        return self._send(Request(setter, values, replace(content, body=body)), by)

    def _has(self, group: _Group, member: User, role: Any, answer: Response | None = None) -> bool:
        """Whether the members' list, or else an answer, shows somebody with a role."""
        shown = [answer] if answer is not None else []
        for listing in self._preparer.security.operations:
            if listing.method == "GET" and listing.path.rstrip("/") == group.add.path.rstrip("/"):
                shown = [self._send(Request(listing, group.values), group.accounts[0])]
        own = {str(value) for value in member.attributes.values()}
        return any(
            own & {str(value) for value in item.values()}
            and any(_ROLE.search(str(name)) and value == role for name, value in item.items())
            for one in shown
            for item in items_of(one.json)
        )

    def _send(self, request: Request, user: User) -> Response:
        auth = self._preparer.credential(request.operation, user)
        try:
            return self._preparer.sender.send(request, auth)
        except NotPrepared:
            return Response(0, {}, "")
