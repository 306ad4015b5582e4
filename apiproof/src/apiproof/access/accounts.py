"""Users of a file, what the service says of them, and accounts that the probe signs up itself.

Whatever could do harm is tried with accounts of the run's own, where the document has a sign-up.
"""

import contextlib
import itertools
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.fields import fields_of, identifiers_in, with_field
from apiproof.access.http import (
    NotPrepared,
    Request,
    Response,
    Sender,
    uncredentialed,
)
from apiproof.access.login_entries import bare, login_name, login_of, rank_of
from apiproof.access.login_steps import LoginFailed
from apiproof.access.logins import find_sign_up, login_entry, why_no_login
from apiproof.access.made_keys import MadeKeys
from apiproof.access.own_profile import own_profiles
from apiproof.access.payloads import PayloadSource
from apiproof.access.prepared import own_value
from apiproof.access.requirements import SecurityModel
from apiproof.access.safeguards import Safeguards
from apiproof.access.sign_up_body import NewAccount, password_in, sign_up_body, sign_up_request
from apiproof.access.token_words import accepted_word, given_at_sign_up, with_word
from apiproof.access.users import User
from apiproof.access.users_file import FileUsers
from apiproof.access.users_wfc import FileUser
from apiproof.jwt import NO_AUTH, NotApplicable, RequestAuth, Scheme, decode_unverified
from apiproof.openapi.document import Operation

TOO_MANY_REQUESTS = 429  # RFC 6585, 4
MARGIN = 10  # seconds before its end at which a token is renewed


class Accounts(FileUsers):
    """Users of a file, and accounts that the probe signs up."""

    _sign_up: Operation | None = None  # as long as nobody could sign in
    why_not: str = ""  # why no accounts, or no more of them, are signed up

    def bind(
        self,
        security: SecurityModel,
        payloads: PayloadSource,
        sender: Sender,
        safeguards: Safeguards,
    ) -> None:
        """Learn about the service: what it says of the users, and whether it has a sign-up.

        Args:
            security: The document's operations.
            payloads: What requests may hold.
            sender: Sends requests.
            safeguards: Told whom no harm may come to.
        """
        self._security = security
        self._payloads = payloads
        self._sender = sender
        self._learnt: dict[str, dict[str, str]] = {}
        self._details: dict[str, dict[str, Any]] = {}
        self._nonce = secrets.token_hex(3)
        self._count = 0
        self._own: dict[str, User] = {}
        self._passwords: dict[str, str] = {}
        self._spent: set[str] = set()
        self._holders: dict[str, str] = {}
        self._made_keys = MadeKeys(security, payloads, self)
        self._says_all, self._is_plain = True, False
        self.me = own_profiles(security, payloads)
        self.know_headers(security)
        self._find_word(security)
        self.name_schemes(security)
        entries = [user.entry for user in self._users.values()]
        self._login, like = login_entry(security, payloads, entries)
        self._name_like = self._users[like].username if like else ""
        self._sign_up = None if safeguards.read_only else find_sign_up(security, payloads)
        safeguards.protect(self.lent(), lambda auth: self.name_of(auth) in self.lent_names)
        self.why_not = self._tried_sign_up()

    def _tried_sign_up(self) -> str:
        """Sign one account up; say why that does not work, or return an empty text."""
        if self._sign_up is None:
            return "the document has no sign-up"
        if self._login is None:
            self._sign_up = None
            return "neither the file nor the document says a login that another user could take"
        reasons = []
        # What may be left out may be refused, and so may signs in passwords.
        for self._is_plain, self._says_all in itertools.product((False, True), (True, False)):
            try:
                self.new_user()
            except NotApplicable as reason:
                reasons.append(str(reason))
                if f"answered {TOO_MANY_REQUESTS}" in reasons[-1]:
                    break
            else:
                return ""
        self._sign_up = None
        return reasons[0]

    @property
    def can_create_users(self) -> bool:  # type: ignore[override]  # known only after a try
        """Whether accounts can be signed up."""
        return self._sign_up is not None

    @property
    def own_accounts(self) -> list[User]:
        """The accounts that were signed up and are still there."""
        return [user for name, user in self._own.items() if name not in self._spent]

    @property
    def remaining(self) -> list[User]:
        """Those, and the accounts that are no longer what they were, but may be there."""
        return list(self._own.values())

    def lent(self) -> list[User]:
        """Return the users of the file."""
        return [self._user(self._users[name]) for name in self.lent_names]

    def name_of(self, auth: RequestAuth) -> str:
        """Return whose a credential is, or was; empty where that is not known."""
        held = (bare(one) for where in vars(auth).values() for one in where.values())
        return next((self._holders[one] for one in held if one in self._holders), "")

    def users(self) -> Iterator[User]:
        """Yield an account of the run's own, then those that were lent, in the file's order."""
        own = self.own_accounts[:1]
        if not own and self.can_create_users:
            with contextlib.suppress(NotApplicable):  # no more of them, or none just now
                own = [self.new_user()]
        yield from (*own, *self.lent())

    def other(self, user: User) -> User:
        """Return someone else with the same rights, or with fewer.

        Raises:
            NotApplicable: There is nobody else.
        """
        if not user.is_lent:
            if others := [one for one in self.own_accounts if one.name != user.name]:
                return others[0]
            with contextlib.suppress(NotApplicable):  # no more of them: whom the file names
                return self.new_user()
        rank = self.rank(user)
        others = [one for one in self.lent() if one.name != user.name]
        peers = [one for one in others if self.rank(one) == rank]
        if peers:
            names = list(self._users)
            after = [one for one in peers if names.index(one.name) > names.index(user.name)]
            return (after or peers)[0]
        if self.can_create_users:
            return (self.own_accounts or [self.new_user()])[0]
        lower = [one for one in others if self.rank(one) < rank]
        if not lower:
            raise NotApplicable("the file names nobody else with the same rights, or with fewer")
        return lower[0]

    def rank(self, user: User) -> tuple[int, str]:
        """Return how privileged a user is: flags and roles that the service or the file states."""
        return rank_of(self.details(user), " ".join(self.file_roles(user)))

    def details(self, user: User) -> dict[str, Any]:
        """Return what the service says of a user, member by member."""
        self._learn(user.name)
        return self._details.get(user.name, {})

    def can_still_log_in(self, user: User) -> bool:
        """Sign in anew: whether the name and password that the user had still work."""
        try:
            self.sign_in(user.name)
        except (LoginFailed, OSError):
            return False
        return True

    def credential(self, user: User, scheme: Scheme, scopes: tuple[str, ...]) -> str:
        """Return a user's credential, a new one where it is about to end.

        Raises:
            NotApplicable: The user has none under this scheme, or can no longer sign in.
        """
        if user.name in self.lent_names:
            text = self._fresh(user, scheme, scopes)
            self._holders[bare(text)] = user.name
            return text
        try:
            text = self._fresh(user, scheme, scopes)
        except LoginFailed as error:
            self.forget(user)
            raise NotApplicable(f"an account of the run's own is of no more use: {error}") from None
        self._holders[bare(text)] = user.name
        return text

    def _fresh(self, user: User, scheme: Scheme, scopes: tuple[str, ...]) -> str:
        try:
            text = super().credential(user, scheme, scopes)
        except NotApplicable:
            if not (text := self._made_keys.of(user, scheme)):
                raise
        token = decode_unverified(text)
        ends = token.claims.get("exp") if token else None
        soon = isinstance(ends, int | float) and ends - time.time() < MARGIN
        if soon and self.can_log_in_again(user):
            self.invalidate(user)
            text = super().credential(user, scheme, scopes)
        return text

    def holder_of(self, auth: RequestAuth) -> User | None:
        """Return the account of the run's own that had a credential; None for others."""
        return None if (name := self.name_of(auth)) in self._spent else self._own.get(name)

    def maker_of(self, auth: RequestAuth) -> User | None:
        """Return whose a credential was, a user's of the file too; None where nobody is known."""
        name = self.name_of(auth)
        return self._user(self._users[name]) if name in self.lent_names else self.holder_of(auth)

    def file_roles(self, user: User) -> tuple[str, ...]:
        """Return the roles that the file gives a user."""
        return self._users[user.name].roles

    def login_name(self, user: User) -> str:
        """Return what a user signs in as; empty where that is not known."""
        return self._users[user.name].username

    def is_gone(self, user: User) -> bool:
        """Whether an account of the run's own is gone, or is no longer what it was."""
        return user.name in self._spent

    def forget(self, user: User, *, is_gone: bool = False) -> None:
        """Take note that an account is gone, or no longer what it was."""
        self._spent.add(user.name)
        if is_gone:
            self._own.pop(user.name, None)

    def invalidate(self, user: User) -> None:
        """Have the user sign in again; an account that cannot is of no more use."""
        super().invalidate(user)
        if user.name in self._own and not self.can_log_in_again(user):
            self.forget(user)

    def new_user(self, extra: Mapping[str, Any] | None = None) -> User:
        """Sign an account up.

        Args:
            extra: Further members of the sign-up's body.

        Raises:
            NotApplicable: It does not work.
        """
        if self._sign_up is None or self._login is None:
            raise NotApplicable(self.why_not or "no account can be signed up")
        self._count += 1
        unique = f"probe{self._nonce}{self._count}"
        sign = "" if self._is_plain else "!"
        body = self.sign_up_body(unique, f"Pr0be{sign}{self._nonce}{sign}{self._count}x")
        password = password_in(body)
        for name, value in (extra or {}).items():
            body = with_field(body, tuple(name.split("/")), value)
        response = self.send_sign_up(body)
        if not response.ok:
            refused = f"{self._sign_up.label} answered {response.status}"
            if response.status == TOO_MANY_REQUESTS and self._own:
                self._sign_up, self.why_not = None, refused
            raise NotApplicable(refused)
        known = identifiers_in(body) | identifiers_in(response.json)
        name = login_name(self._login, self._name_like, known, unique)
        self._users[unique] = FileUser(unique, login_of(self._login, name, password, known))
        self._passwords[unique], self._learnt[unique] = password, known
        try:
            self._of(unique)
            self._learn(unique)
        except (LoginFailed, OSError) as error:
            given = given_at_sign_up(unique, self._login, response.json)
            self._users[unique] = given or self._users[unique]
            if given is not None:
                self._learn(unique)
            if given is None or (self.me and not self._details[unique]):
                del self._users[unique]
                raise NotApplicable(why_no_login(self._security, error)) from None
        user = self._user(self._users[unique])
        self._own[unique] = user
        return user

    def sign_up_body(self, unique: str, password: str) -> Any:
        """Return the body of a sign-up, with a name and a password."""
        assert self._sign_up is not None  # noqa: S101  # the caller's condition, for the types
        said = (user.sign_up_members for user in self._users.values() if user.sign_up_members)
        account = NewAccount(unique, self._nonce, self._count, password, next(said, {}))
        return sign_up_body(self._payloads, self._sign_up, account, full=self._says_all)

    def send_sign_up(self, body: Any) -> Response:
        """Send a sign-up."""
        assert self._sign_up is not None  # noqa: S101  # the caller's condition, for the types
        request = sign_up_request(self._payloads, self._sign_up, body, self._login or {})
        return self._sender.send(request, NO_AUTH)

    @property
    def sign_up(self) -> Operation | None:
        """The operation that makes accounts, where it works."""
        return self._sign_up

    def _learn(self, name: str) -> None:
        """Ask the service who a user is, once."""
        if name in self._details or not hasattr(self, "me"):
            return
        self._details[name] = {}
        user = super()._user(self._users[name])
        for operation in self.me:
            answer = self.read_me(operation, user)
            if answer is not None and answer.ok:
                self._details[name] |= {path[-1]: value for path, value in fields_of(answer.json)}
                known = self._learnt.setdefault(name, {})
                known |= {k: v for k, v in identifiers_in(answer.json).items() if k not in known}

    def read_me(self, operation: Operation, user: User) -> Response | None:
        """Read what the service says of a user; None where the user has no credential for it."""
        auth = self.auth_of(operation, user) if operation.secured else NO_AUTH
        request = self.me_request(operation, user)
        return self.send(request, auth) if auth is not None and request is not None else None

    def me_request(self, operation: Operation, user: User) -> Request | None:
        """Return the request for what the service says of a user; None where nothing names them."""
        learnt = self._learnt.get(user.name, {})
        known = replace(
            user,
            attributes={**self._identifiers(user.name), **user.attributes, **learnt},
            is_learnt=True,
        )
        names = operation.path_parameters
        values = {name: own_value(operation, name, known) for name in names}
        return Request(operation, values) if all(values.values()) else None

    def _find_word(self, security: SecurityModel) -> None:
        """Learn by which word the service takes tokens, where the document names none."""
        headers = self._of(next(iter(self._users))).headers
        if (word := accepted_word(security, headers, self.me, self.send)) is not None:
            self._users = {name: with_word(user, word) for name, user in self._users.items()}
            self._auths.clear()

    def claims_at_login(self, user: User) -> dict[tuple[str, ...], Any]:
        """Sign a user in anew, and return what the answer and the token's claims say of them."""
        self.invalidate(user)
        auth = self._of(user.name)
        said = dict(fields_of(auth.answer))
        for value in [*auth.headers.values(), *auth.cookies.values()]:
            token = decode_unverified(bare(value))
            said |= dict(fields_of(token.claims)) if token else {}
        return said

    def send(self, request: Request, auth: RequestAuth) -> Response | None:
        """Send a request; None where it may not be sent."""
        try:
            return self._sender.send(request, auth)
        except NotPrepared:
            return None

    def auth_of(self, operation: Operation, user: User) -> RequestAuth | None:
        """Return a user's credential for an operation; None where there is none."""
        for alternative in self._security.alternatives[operation.security]:
            auth = NO_AUTH
            try:
                for use in alternative:
                    credential = self.credential(user, use.scheme, use.scopes)
                    auth = auth.merged_with(use.scheme.present(credential))
            except (NotApplicable, LoginFailed):
                continue
            return uncredentialed(user).merged_with(auth)
        return None

    def _user(self, user: FileUser) -> User:
        known = super()._user(user)
        self._learn(user.name)
        said = self._identifiers(user.name)
        return replace(
            known,
            attributes={**said, **known.attributes, **self._learnt.get(user.name, {})},
            details=self._details.get(user.name, {}),
            password=self._passwords.get(user.name) or user.password,
            is_lent=user.name not in self._passwords,
            is_learnt=True,
        )

    def _identifiers(self, name: str) -> dict[str, str]:
        """Return what a login's answer and its token's claims tell a user by."""
        try:
            auth = self._of(name)
        except LoginFailed:  # an account that a trial has renamed
            return {}
        token = decode_unverified(bare(auth.headers.get("Authorization", "")))
        claims = identifiers_in(token.claims) if token else {}
        claims.pop("client_id", None)  # the application's, not the user's
        return {**claims, **identifiers_in(auth.answer)}
