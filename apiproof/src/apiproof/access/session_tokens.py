"""Tokens of a session, each for its own use: used ones, other kinds, and those of a session's end.

A refresh token that was exchanged does not serve again, none serves as an access token or the
other way round, and none outlives a sign-out. Source: RFC 9700, 2.2.2 and 4.14; RFC 8725, 3.11-12.
"""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from apiproof.access import credentials
from apiproof.access.accounts import Accounts
from apiproof.access.checks import Impact
from apiproof.access.http import NotPrepared, Request, RequestContent, Response, uncredentialed
from apiproof.access.login_steps import LoginFailed
from apiproof.access.other_tokens import OtherTokens, handed_on
from apiproof.access.prepare import RequestPreparer
from apiproof.access.refresh_tokens import (
    Grant,
    RefreshPlace,
    granted_by_login,
    granted_by_refresh,
    refresh_member,
    refresh_places,
)
from apiproof.access.report import Result, evaluated, skipped
from apiproof.access.users import User
from apiproof.jwt import NO_AUTH, NotApplicable, RequestAuth, Scheme, SessionEnd, decode_unverified
from apiproof.openapi.document import Operation

CHECK = "forged_tokens_rejected"
READS = 4  # reads that tell whether a token is accepted
REFUSED = {401, 403}
TRACKED = ("jti", "sid", "family", "fid", "session", "session_id", "rid")  # kept by the service


@dataclass(frozen=True)
class TokenRead:
    """A read that lets in whoever has an access token, and nobody else."""

    request: Request
    scheme: Scheme


@dataclass(frozen=True)
class OpenSession:
    """What a login gave a user.

    Attributes:
        user: Who signed in.
        grant: The tokens.
        read: Where the access token is taken.
    """

    user: User
    grant: Grant
    read: TokenRead


class SessionTokenProbe:
    """Shows tokens where tokens of another kind, or of a session that goes on, are due."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts, others: OtherTokens) -> None:
        self._preparer, self._accounts, self._others = preparer, accounts, others
        self._has_begun = False

    def run(self, exercised: Collection[Operation]) -> Iterator[Result]:
        """Try what the operations of a run give and take.

        Args:
            exercised: Those that were tried.
        """
        labels = {one.label for one in exercised}
        places = refresh_places(self._preparer.security, self._preparer.payloads)
        chosen = [one for one in places if one.operation.label in labels]
        if (user := self.user()) is None:
            return
        try:
            yield from self._other_kinds(user, labels)
            if chosen:
                yield from self._refreshed(chosen, user)
        except (NotPrepared, NotApplicable, LoginFailed) as reason:
            if chosen:
                yield skipped(chosen[0].operation, "refresh", str(reason), CHECK), []
        finally:
            if self._has_begun:  # a token that serves twice may have ended all sessions
                self._accounts.invalidate(user)

    def user(self) -> User | None:
        """Return who can sign in anew; None where nobody can."""
        return next((one for one in self._accounts.users() if self._signs_in(one)), None)

    def _signs_in(self, user: User) -> bool:
        return self._accounts.can_log_in_again(user) and not self._accounts.is_gone(user)

    def reads(self, user: User) -> Iterator[TokenRead]:
        """Yield reads that tell a token that is accepted from one that is not."""
        security, found = self._preparer.security, 0
        others = [one for one in security.operations if one not in self._accounts.me]
        for operation in [*self._accounts.me, *others]:
            is_plain = operation.method == "GET" and operation.secured and "{" not in operation.path
            if not is_plain or operation in security.endings[SessionEnd.SIGNED_OUT]:
                continue
            for choice in security.alternatives[operation.security]:
                read = TokenRead(Request(operation), choice[0].scheme)
                if len(choice) > 1 or not self._tells(read, user):
                    continue
                found += 1
                yield read
                break
            if found == READS:
                return

    def _tells(self, read: TokenRead, user: User) -> bool:
        try:
            held = self._accounts.credential(user, read.scheme, ())
            send, bare = self._preparer.sender.send, uncredentialed(user)
            opened = self.opens(read, user, held)
            refused = [
                send(read.request, auth)
                for auth in (bare, bare.merged_with(read.scheme.present(_altered(held))))
            ]
        except (NotPrepared, NotApplicable):
            return False
        return opened.ok and all(one.status in REFUSED for one in refused)

    def opens(self, read: TokenRead, user: User, token: str) -> Response:
        """Show a token at a read; return the answer."""
        auth = uncredentialed(user).merged_with(read.scheme.present(token))
        return self._preparer.sender.send(read.request, auth)

    def _other_kinds(self, user: User, labels: Collection[str]) -> Iterator[Result]:
        """Show tokens that are for another use."""
        for read in self.reads(user):
            grant = self._granted(user, read)
            kinds = dict(self._others.unlike(grant.access))
            if grant.refresh not in {"", grant.access}:
                kinds["refresh-as-access"] = grant.refresh
            for number, answer in enumerate(self._accounts.half_way(user), start=1):
                handed = handed_on(answer)
                kinds |= {f"step-{number}-{name}-as-access": text for name, text in handed.items()}
            if not kinds:
                return
            for case, token in kinds.items() if read.request.operation.label in labels else ():
                answer, note = self.opens(read, user, token), ""
                if answer.ok and not answer.is_empty:
                    what = case.partition("-as-")[0].replace("-", " ")
                    if case.startswith("step-"):
                        what = f"{what} of a login that is not complete"
                    note = f"takes a token of another use ({what}) for an access token: 401 is due"
                kind = "let in" if note else ""
                yield evaluated(read.request.operation, CHECK, case, (answer,), note, kind=kind)

    def _granted(self, user: User, read: TokenRead) -> Grant:
        held = self._accounts.credential(user, read.scheme, ())
        return granted_by_login(*self._accounts.login_answer(user), held)

    def _begin(self, user: User, read: TokenRead) -> OpenSession:
        """Sign a user in anew."""
        self._has_begun = True
        self._accounts.invalidate(user)
        return OpenSession(user, self._granted(user, read), read)

    def _refreshed(self, places: list[RefreshPlace], user: User) -> Iterator[Result]:
        if (read := next(self.reads(user), None)) is None:
            raise NotApplicable("no read without parameters tells whether a token is accepted")
        session = self._begin(user, read)
        if not session.grant.refresh:
            raise NotApplicable("the login gives no refresh token")
        for place in places:
            # While the genuine one is fresh: a service may tell used ones by their ids.
            made_up, none = self._exchange(place, session, _altered(session.grant.refresh))
            if self._serves(session, none):
                note = "takes a refresh token that nobody was given: what it gives serves"
                yield self._result(place, "made-up-refresh", made_up, note)
                return
            _, new = self._exchange(place, session, session.grant.refresh)
            if self._serves(session, new):
                break
            session = self._begin(user, read)
        else:
            raise NotApplicable("no refresh with a fresh token gives an access token that serves")
        yield self._result(place, "made-up-refresh", made_up, "")
        yield from self._used_again(place, session, new)
        yield from self._access_as_refresh(place, user, read)
        yield from self._after_sign_out(place, user, read)

    def _used_again(
        self, place: RefreshPlace, session: OpenSession, new: Grant
    ) -> Iterator[Result]:
        """Exchange a token a second time, where the first has put another one in its place."""
        used = session.grant.refresh
        if new.refresh in {"", used}:
            reason = "a refresh gives no other refresh token: nothing says that one serves once"
            yield skipped(place.operation, "used-refresh", reason, CHECK), []
            return
        answer, serves = self._after_grace(place, session, used)
        note = ""
        if serves:
            note = "a refresh token that was exchanged for another one serves again"
        # Whoever signs tokens and keeps nothing never meant them to serve once.
        impact = Impact.LET_IN if _is_kept(used) else Impact.DEVIATION
        yield self._result(place, "used-refresh", answer, note, impact)

    def _access_as_refresh(
        self, place: RefreshPlace, user: User, read: TokenRead
    ) -> Iterator[Result]:
        session = self._begin(user, read)
        answer, new = self._exchange(place, session, session.grant.access)
        note = ""
        if session.grant.access != session.grant.refresh and self._serves(session, new):
            note = "takes an access token for a refresh token: it gives another access token for it"
        yield self._result(place, "access-as-refresh", answer, note)

    def _after_sign_out(self, place: RefreshPlace, user: User, read: TokenRead) -> Iterator[Result]:
        """Sign out, then refresh; before that it works."""
        ending = next(iter(self._preparer.security.endings[SessionEnd.SIGNED_OUT]), None)
        if ending is None:
            return
        session = self._begin(user, read)
        _, new = self._exchange(place, session, session.grant.refresh)
        if not self._serves(session, new):
            raise NotApplicable("a refresh worked once, and not again")
        refresh = new.refresh or session.grant.refresh
        last = replace(session, grant=replace(new, refresh=refresh, cookie=session.grant.cookie))
        out = self._sign_out(ending, last)
        if not out.ok and out.status not in {302, 303}:
            reason = f"the sign-out answered {out.status}"
            yield skipped(place.operation, "refresh-after-sign-out", reason, CHECK), []
            return
        answer, serves = self._after_grace(place, last, refresh, is_new=True)
        note = ""
        if serves:
            note = f"a refresh token serves after the sign-out ({ending.label})"
        yield self._result(place, "refresh-after-sign-out", answer, note)

    def _sign_out(self, ending: Operation, session: OpenSession) -> Response:
        payloads, grant = self._preparer.payloads, session.grant
        media, _ = payloads.body_schema(ending)
        content = RequestContent(body=payloads.full_body(ending, full=False), media=media)
        if member := refresh_member(payloads, ending):
            content = RefreshPlace(ending, "body", member).request(payloads, grant.refresh).content
        auth = uncredentialed(session.user).merged_with(session.read.scheme.present(grant.access))
        if grant.cookie:
            auth = auth.merged_with(RequestAuth(cookies={grant.cookie: grant.refresh}))
        return self._preparer.sender.send(Request(ending, {}, content), auth)

    def _after_grace(
        self, place: RefreshPlace, session: OpenSession, token: str, *, is_new: bool = False
    ) -> tuple[Response, bool]:
        """Exchange a token that should not serve, again a little later if it does.

        Args:
            place: Where.
            session: Of which session.
            token: The token.
            is_new: Whether it was not used before: what it gives is exchanged then.

        Returns:
            The last answer, and whether what it gives serves.
        """
        answer, new = self._exchange(place, session, token)
        if self._serves(session, new):
            time.sleep(credentials.GRACE)  # requests under way are spared by some services
            answer, new = self._exchange(place, session, (is_new and new.refresh) or token)
        return answer, self._serves(session, new)

    def _exchange(
        self, place: RefreshPlace, session: OpenSession, token: str
    ) -> tuple[Response, Grant]:
        """Show a token where refresh tokens are due; return the answer and what it gives."""
        operation, cookie = place.operation, session.grant.cookie
        if (place.place == "cookie") != bool(cookie):
            return Response(0, {}, ""), Grant()
        auth = NO_AUTH
        if operation.secured and place.place != "header":
            auth = session.read.scheme.present(session.grant.access)
        auth = uncredentialed(session.user).merged_with(auth)
        auth = auth.merged_with(place.auth(token, cookie, session.read.scheme))
        request = place.request(self._preparer.payloads, token)
        answer = self._preparer.sender.send(request, auth)
        return answer, granted_by_refresh(answer, cookie)

    def _serves(self, session: OpenSession, given: Grant) -> bool:
        return bool(given.access) and self.opens(session.read, session.user, given.access).ok

    def _result(
        self,
        place: RefreshPlace,
        case: str,
        answer: Response,
        note: str,
        impact: Impact = Impact.LET_IN,
    ) -> Result:
        kind = "let in" if note else ""
        return evaluated(place.operation, CHECK, case, (answer,), note, kind=kind, impact=impact)


def _is_kept(token: str) -> bool:
    """Whether a token shows that the service keeps it: an opaque one, or one with an id."""
    parsed = decode_unverified(token)
    return parsed is None or any(name in parsed.claims for name in TRACKED)


def _altered(token: str) -> str:
    """Return a token that differs in one character: of the signature, where it has one."""
    start = token.rfind(".") + 1
    place = (start + len(token)) // 2
    other = "A" if token[place : place + 1] != "A" else "B"
    return token[:place] + other + token[place + 1 :]
