"""What a probe leaves alone: accounts that it was lent, the whole database, and what is read-only.

Who sends a request is chosen here, too: accounts of the run's own before those that were lent.

Without `destructive`, no request may delete, rename or otherwise change an account that was there
before the run, wherever the document puts its identifier: path, query or body.
"""

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Protocol

from apiproof.access.fields import (
    EMAIL_FIELD,
    NAME_FIELD,
    PASSWORD_FIELD,
    TENANT_FIELD,
    fields_of,
    named_values,
)
from apiproof.access.http import Request
from apiproof.access.requirements import is_session_ending
from apiproof.access.resources import makes_by_name, noun_of
from apiproof.access.users import User, UserSource
from apiproof.jwt import NO_AUTH, NotApplicable, RequestAuth, SessionEnd
from apiproof.openapi.document import Operation

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
SHORTEST = 3  # characters of an identifier that is looked for in requests
# Operations on everything at once, by their names and paths.
_GLOBAL = re.compile(
    r"(create|init|initiali[sz]e|populate|seed|drop|truncate|wipe|purge|flush|reset|clear|restore"
    r"|migrate|reindex)[-_ /]*(all\b|db\b|data(base)?s?\b|tables?\b|schema\b|everything)"
    r"|\b(createdb|initdb|dropdb|resetdb|factory[-_ ]?reset|shut[-_ ]?down|reboot|restart)\b",
    re.IGNORECASE,
)
_REMOVES_ALL = re.compile(
    r"(\bdel|delete|remove|erase|destroy)[-_ /]*(all\b|db\b|data(base)?s?\b|tables?\b|everything)",
    re.IGNORECASE,
)
# What begins with such a word removes; a form for a forgotten password does not.
_REMOVING = re.compile(
    r"/(?i:del|delete|remove|destroy|erase|wipe|purge|truncate|clear|reset)(?=[-_/A-Z]|$)"
)
_FORGOTTEN = re.compile(r"passw|pwd|forgot|otp", re.IGNORECASE)
_ACCOUNT_NOUNS = frozenset({"user", "account", "member", "customer"})
_EVERYBODY = frozenset({"users", "accounts", "members", "customers", "profiles"})
ABOUT_ACCOUNTS = re.compile(
    r"/(users?|accounts?|profiles?|members?|customers?|me|self|myself|settings)(/|$)", re.IGNORECASE
)
_ABOUT_ACCOUNT = re.compile(
    r"^[^{]*/(users?|accounts?|profiles?|members?|customers?)(/v\d+)?(/\{[^}]+\})?(/[\w-]+)?/?$",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"user|login|e-?mail|account|member|phone|(^|_)(id|sub)$|Id$", re.IGNORECASE
)
_ACCOUNT_NAME = re.compile(r"(^|_)(user|account|member|customer)", re.IGNORECASE)
_SOMEBODY = re.compile(
    r"(^|_)(owner|author|recipient|receiver|sender|assignee|client|payee|payer)", re.IGNORECASE
)
_BELOW_ACCOUNTS = re.compile(
    r"/(users?|accounts?|members?|profiles?|customers?)(/v\d+)?/$", re.IGNORECASE
)
_SELF_PATH = re.compile(
    r"/(me|self|myself|profile|account|settings)(/[\w-]*(password|e-?mail|username|phone)[\w-]*)?/?$"
    r"|(change|update|reset|set)[-_]?(my[-_]?)?(password|e-?mail|username)",
    re.IGNORECASE,
)


# What a POST below somebody's id does to the account, where it does not add something to it.
_CHANGES_ACCOUNT = re.compile(
    r"(ban|block|lock|disable|enable|activate|promote|demote|suspend|revoke|delete|remove|verify"
    r"|reset|toggle|roles?\b|admin|password|e-?mail|username|permissions?|privileges?)[^/{}]*/?$",
    re.IGNORECASE,
)
# What gives the caller another key, and makes the one that was lent worthless.
_NEW_KEY = re.compile(
    r"/(rotate|regenerate|reissue|roll|reset|renew|replace)[-_/]?(my[-_]?)?((api|access|secret)[-_]?)?"
    r"(keys?|secrets?|credentials?)/?$"
    r"|/((api|access|secret)[-_]?)?(keys?|secrets?|credentials?)"
    r"[-_/](rotate|regenerate|reissue|roll|reset|renew|replace)/?$"
    r"|/(rotate|regenerate|reissue|roll|reset)[-_/]?((api|access)[-_]?)?tokens?/?$"
    r"|/((api|access)[-_]?)?tokens?[-_/](rotate|regenerate|reissue|roll|reset)/?$",
    re.IGNORECASE,
)
# What goes to others, and does not come back.
_SPENDS = re.compile(
    r"/(transfers?|pay|payments?|payouts?|withdraw(als?)?|donat(e|ions?)|send[-_]?money|remit(tances?)?"
    r"|wire|top[-_]?up|purchases?|checkout)/?$",
    re.IGNORECASE,
)
# A POST there makes a user, anything else concerns the one who asks.
_CALLER_PATH = re.compile(r"/(user|current[-_]?user)/?$", re.IGNORECASE)


def names_account(operation: Operation, parameter: str) -> bool:
    """Whether a path parameter names a person: `{user_id}`, or `{id}` after `/users/`."""
    before = operation.path.partition("{" + parameter)[0]
    return bool(_ACCOUNT_NAME.search(parameter) or _BELOW_ACCOUNTS.search(before))


def names_somebody(member: str) -> bool:
    """Whether a member of a body or a query names somebody's account: `user_id`, `recipient`."""
    return bool(_ACCOUNT_NAME.search(member) or _SOMEBODY.search(member))


def is_global(operation: Operation) -> bool:
    """Whether an operation looks as if it concerned the whole service."""
    names = (operation.path.replace("/", " "), operation.operation_id.replace(".", " "))
    words = (*names, str(operation.definition.get("summary", "")))
    return any(map(_GLOBAL.search, words)) or any(map(_REMOVES_ALL.search, names))


def removes_unnamed(request: Request) -> bool:
    """Whether a request removes something, and does not say what.

    A GET whose path says so is one whatever it names: safe methods are sent freely.
    """
    operation = request.operation
    path = operation.path.rstrip("/")
    removes = bool(_REMOVING.search(path)) and not _FORGOTTEN.search(path)
    if operation.method in SAFE:
        return removes
    if request.values or request.content.params or request.content.body:
        return False
    is_everybody = operation.method == "DELETE" and path.rpartition("/")[2] in _EVERYBODY
    return is_everybody or (removes and not operation.secured)


def is_account_operation(operation: Operation) -> bool:
    """Whether an operation changes accounts rather than what they own."""
    return operation.method not in SAFE and bool(ABOUT_ACCOUNTS.search(operation.path))


def makes_account(operation: Operation) -> bool:
    """Whether a path alone says that an account is made: `POST /private/users`, `/users/create`."""
    path = operation.path.rstrip("/")
    is_named = makes_by_name(operation) and noun_of(path) in _ACCOUNT_NOUNS
    return operation.method == "POST" and not path.endswith("}") and is_named


def changes_caller(operation: Operation) -> bool:
    """Whether an operation changes the account that calls it."""
    return (
        operation.method not in SAFE
        and operation.secured
        and "{" not in operation.path
        and bool(
            _SELF_PATH.search(operation.path)
            or _NEW_KEY.search(operation.path)
            or (operation.method != "POST" and _CALLER_PATH.search(operation.path))
        )
    )


def may_change_caller(request: Request) -> bool:
    """Whether a request may change the account that sends it, even if it names another.

    Some services take an account from the credential and not from the path: a request about an
    account is only sure to be about another where its body names one, and sets no password or
    e-mail address.
    """
    operation = request.operation
    if changes_caller(operation):
        return True
    if operation.method not in {"PUT", "PATCH"} or not _ABOUT_ACCOUNT.search(operation.path):
        return False
    names = [path[-1] for path, _ in fields_of(request.content.body)]
    if any(PASSWORD_FIELD.search(name) or EMAIL_FIELD.search(name) for name in names):
        return True
    return not any(NAME_FIELD.search(name) or name.lower().endswith("id") for name in names)


def changes_identity(request: Request | None, own: set[str]) -> bool:
    """Whether a request about an account leaves it other than it was: gone, or under another name.

    Args:
        request: The request.
        own: What the account is known by.
    """
    if request is None or request.operation.method == "DELETE":
        return True
    fields = list(fields_of(request.content.body))
    return not fields or any(
        PASSWORD_FIELD.search(path[-1])
        or ((NAME_FIELD.search(path[-1]) or EMAIL_FIELD.search(path[-1])) and str(value) not in own)
        for path, value in fields
    )


class Safeguards:
    """Says why a request may not be sent."""

    def __init__(
        self,
        *,
        destructive: bool = False,
        read_only: bool = False,
        named: Collection[str] = (),
    ) -> None:
        """Prepare.

        Args:
            destructive: Whether accounts that were lent may be changed.
            read_only: Whether only safe methods are sent.
            named: operationIds that may be called although they look global.
        """
        self.destructive = destructive
        self.read_only = read_only
        self._named = set(named)
        self._has_lent = False
        self._lent: set[str] = set()
        self._lent_ids: set[str] = set()
        self._lent_tenants: set[str] = set()  # what stands below one may be made and changed
        self._logins: set[str] = set()
        self._is_lent: Callable[[RequestAuth], bool] = lambda _auth: False

    def take_for_login(self, operation: Operation) -> None:
        """Take note of an operation that changes no account, though it names one."""
        self._logins.add(operation.label)

    def protect(self, users: Iterable[User], is_lent: Callable[[RequestAuth], bool]) -> None:
        """Keep harm from accounts that were lent.

        Args:
            users: Whom requests may not name.
            is_lent: Whether a credential is that of an account that was lent.
        """
        self._is_lent = is_lent
        for user in users:
            if user.is_lent:
                self._has_lent = True
                # What an account holds (`accounts/number`) is an object: not changed, either.
                known = {k: str(value) for k, value in user.attributes.items() if "/" not in k}
                tenants = {value for name, value in known.items() if TENANT_FIELD.search(name)}
                self._lent_tenants |= tenants
                self._lent |= {v for v in known.values() if len(v) >= SHORTEST} - tenants
                self._lent_ids |= {
                    value for name, value in known.items() if _IDENTIFIER.search(name)
                }

    def reason(self, request: Request, auth: RequestAuth = NO_AUTH) -> str:  # noqa: PLR0911 - one for each rule
        """Say why a request may not be sent; an empty text lets it pass."""
        operation = request.operation
        if is_global(operation) and operation.operation_id not in self._named:
            return "it looks as if it concerned the whole service (name it with --operation)"
        if removes_unnamed(request) and operation.operation_id not in self._named:
            return "it removes something, and nothing says whose (name it with --operation)"
        if operation.method in SAFE:
            return ""
        if self.read_only:
            return "it is not a safe method (--read-only)"
        if self.destructive or not self._has_lent or operation.label in self._logins:
            return ""
        spends = bool(_SPENDS.search(operation.path))
        if (spends or may_change_caller(request)) and self._is_lent(auth):
            what = "spend the money of" if spends else "change"
            return f"it would {what} the account that sends it, which was lent (see --destructive)"
        ends_in_id = operation.path.rstrip("/").endswith("}")
        last = operation.path_parameters[-1:] if ends_in_id else []
        if self._lent_tenants.intersection(str(request.values.get(name)) for name in last):
            return "it would change what lent accounts belong to (see --destructive)"
        is_change = operation.method != "POST" or ends_in_id
        is_change = is_change or bool(_CHANGES_ACCOUNT.search(operation.path))
        accounts = [str(v) for name, v in request.values.items() if names_account(operation, name)]
        if is_change and (
            self._names_lent(request.values.values()) or self._lent_ids.intersection(accounts)
        ):
            return "it would change an account that was lent (see --destructive)"
        if is_account_operation(operation) and self._says_lent(request):
            return "it would change an account that was lent (see --destructive)"
        return ""

    def _says_lent(self, request: Request) -> bool:
        said = [*request.content.params.items(), *named_values(request.content.body)]
        naming = [value for name, value in said if _IDENTIFIER.search(name)]
        # A short id is that of many things; in the query of such an operation it is an account's.
        params = request.content.params.items()
        in_query = [str(value) for name, value in params if _IDENTIFIER.search(name)]
        accounts = in_query + [
            str(v) for name, v in said if name.lower() == "id" or _ACCOUNT_NAME.search(name)
        ]
        return self._names_lent(naming) or bool(self._lent_ids.intersection(accounts))

    def _names_lent(self, values: Iterable[Any]) -> bool:
        return any(str(value) in self._lent for value in values)


class Requesters:
    """Chooses who sends: one user serves many requests, unless one may end them."""

    def __init__(self, user_source: UserSource, safeguards: Safeguards) -> None:
        self._user_source = user_source
        self._safeguards = safeguards
        self._resident: User | None = None
        self._changeable: User | None = None
        self._knowing: dict[str, User] = {}

    def prefer(self, operation: Operation, user: User | None) -> None:
        """Let a user send what an operation takes who knows what it is about."""
        if user is not None:
            self._knowing[operation.label] = user

    def of(self, operation: Operation) -> Iterator[User]:
        """Yield whom to try for an operation, best first."""
        tried = ""
        known = self._knowing.get(operation.label)
        if known is not None and not self._user_source.is_gone(known):
            yield known
        if self._user_source.can_create_users and (
            operation.method == "GET" or "{" in operation.path
        ):
            if self._resident is not None and self._user_source.is_gone(self._resident):
                self._resident = None
            self._resident = self._resident or next(self._user_source.users(), None)
            if self._resident is not None:
                tried = self._resident.name
                yield self._resident
            if self._resident is None or not self._resident.is_learnt:
                self._resident = None
        others = (user for user in self._user_source.users() if user.name != tried)
        # Whoever asks for what takes no credential is answered alike.
        is_open = not operation.secured and self._user_source.can_create_users
        yield from itertools.islice(others, int(not tried)) if is_open else others

    def instead_of(self, user: User) -> User:
        """Return an account of the run's own in place of one that was lent, where there is one."""
        if self._safeguards.destructive:
            return user
        if self._changeable is None or self._user_source.is_gone(self._changeable):
            if not self._user_source.can_create_users:
                return next(self._user_source.users(), user)
            try:
                self._changeable = self._user_source.new_user()
            except NotApplicable:
                return user
        return self._changeable

    def forget(self, user: User) -> None:
        """Take note that a user is of no more use."""
        if self._resident is not None and self._resident.name == user.name:
            self._resident = None


class OwnAccounts(Protocol):
    """Accounts of the run's own."""

    @property
    def own_accounts(self) -> list[User]:
        """Those that are still what they were."""
        ...

    def new_user(self) -> User:
        """Sign one up."""
        ...


def spare_account(accounts: OwnAccounts) -> User:
    """Return an account that may be changed: one that nothing needs any more, or else a new one.

    A sign-up and a login cost a hash each. The first account is whom most is tried with.

    Raises:
        NotApplicable: No more accounts can be signed up.
    """
    spare = accounts.own_accounts[1:]
    return spare[-1] if spare else accounts.new_user()


def would_use_up(operation: Operation, user_source: UserSource, *, destructive: bool) -> bool:
    """Whether trying an operation would cost an account or a session for good."""
    if user_source.can_create_users or destructive:
        return False
    if is_session_ending(operation, SessionEnd.DELETED):
        return True
    renews = all(map(user_source.can_log_in_again, user_source.users()))
    return is_session_ending(operation, SessionEnd.SIGNED_OUT) and not renews
