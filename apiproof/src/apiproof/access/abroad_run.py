"""A run at an API that is not ours: accounts before it, tries between them, removal after it."""

import contextlib
from collections.abc import Iterator

from apiproof.access.accounts import Accounts
from apiproof.access.balances import BalanceProbe
from apiproof.access.cleanup import Cleanup, note_end, note_of
from apiproof.access.disclosures import PrivateValues
from apiproof.access.functions import FunctionProbe
from apiproof.access.group_roles import GroupRolesProbe
from apiproof.access.http import Request, RequestContent, Response, Sender
from apiproof.access.identity_evidence import IdentityEvidence
from apiproof.access.keys import KeyProbe
from apiproof.access.lived_out import LivedOutProbe
from apiproof.access.login_entries import login_of
from apiproof.access.logins import find_login, login_content, login_template
from apiproof.access.options import ProbeOptions
from apiproof.access.other_tokens import OtherTokens
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.private_objects import PrivateObjects
from apiproof.access.report import INTERRUPTED, AccessReport, Result, Trial
from apiproof.access.safeguards import SAFE, Safeguards
from apiproof.access.session_tokens import SessionTokenProbe
from apiproof.access.trials import trials_with_accounts
from apiproof.access.users import User
from apiproof.errors import UserError
from apiproof.jwt import RequestAuth
from apiproof.openapi.document import Operation


class AbroadRun:
    """What goes on around the operations, where users are those of a file and of sign-ups."""

    def __init__(
        self,
        accounts: Accounts,
        preparer: RequestPreparer,
        private: PrivateValues,
        options: ProbeOptions,
    ) -> None:
        """Prepare a run.

        Args:
            accounts: Its users.
            preparer: Of its requests.
            private: What only its users should be shown.
            options: How far to go.
        """
        self._accounts, self._preparer, self._options = accounts, preparer, options
        self._private = private
        self._cleanup = Cleanup(preparer.security.operations, preparer.payloads)
        self._evidence = IdentityEvidence()
        self._objects = PrivateObjects(preparer, accounts)
        self._other_tokens = OtherTokens()
        self._retried: set[str] = set()  # what was tried again, once an id was told

    def trials(self) -> Iterator[Trial]:
        """Yield what an operation is tried with beside credentials."""
        yield from trials_with_accounts(
            self._preparer, self._accounts, self._options, self._objects
        )

    def see(self, request: Request, auth: RequestAuth, response: Response) -> None:
        """Take note of what a request has made or ended, and of who was let in."""
        if name := self._accounts.name_of(auth):
            self._evidence.note(name, request, response)
        elif self._preparer.security.is_bare(auth):
            self._evidence.note(None, request, response)
        self._other_tokens.note(response)
        self._cleanup.note(request, auth, response, self._accounts)
        note_end(self._accounts, request, auth, response)

    def begin(self, sender: Sender, safeguards: Safeguards, report: AccessReport) -> None:
        """Learn who the users are, sign accounts up, and look at the keys."""
        security = self._preparer.security
        self._accounts.bind(security, self._preparer.payloads, sender, safeguards)
        self._know_login()
        for user in self._accounts.users():
            self._know_reads(user)
        if self._options.asked & {"keys_are_strong", "forged_tokens_rejected"}:
            report.add(KeyProbe(security, self._accounts).run())

    def missed(self, report: AccessReport) -> Iterator[Operation]:
        """Yield what lacked an id that answers have told meanwhile: of a job, of its result."""
        seen, missed = self._preparer.seen, report.not_exercised
        while lacking := set(missed) - self._retried:
            for operation in self._preparer.security.operations:
                name, last = operation.operation_id, operation.path_parameters[-1:]
                if not last or name not in lacking:
                    continue
                knowing = seen.who_knows(last[0], is_safe=operation.method in SAFE)
                if known := [one for one in knowing if not self._accounts.is_gone(one)]:
                    self._retried.add(name)
                    del missed[name]
                    self._preparer.try_anew(operation, known[0])
                    yield operation
            if not self._preparer.jobs.wait():
                return

    def beyond_operations(
        self, exercised: list[Operation], report: AccessReport
    ) -> Iterator[Result]:
        """Try what concerns several operations at once.

        Args:
            exercised: Those that were tried.
            report: What was found until now.
        """
        is_whole = not (self._options.read_only or self._options.only)
        if is_whole and "secrets_not_leaked" in self._options.asked:
            self._private.look_again(self._preparer)
        if "functions_enforced" in self._options.asked:
            probe = FunctionProbe(self._preparer, self._accounts, self._options.roles)
            yield from probe.run(exercised, report)
            if not self._options.read_only:
                yield from GroupRolesProbe(self._preparer, self._accounts).run(exercised)
        if "privileges_enforced" in self._options.asked and not self._options.read_only:
            yield from BalanceProbe(self._preparer, self._accounts).run(exercised)
        if "anonymous_rejected" in self._options.asked:
            yield from self._preparer.refusals.results()
        if "forged_tokens_rejected" in self._options.asked and not self._options.read_only:
            tokens = SessionTokenProbe(self._preparer, self._accounts, self._other_tokens)
            yield from tokens.run(exercised)
            lived_out = LivedOutProbe(self._preparer, self._accounts, tokens)
            yield from lived_out.run(exercised) if is_whole else ()

    def end(self, sender: Sender, report: AccessReport) -> None:
        """Remove what the run made, however it ended, and list what stays."""
        try:
            self._ask_as_everybody(sender)
            self._cleanup.run(sender, self._preparer, self._accounts)
        except KeyboardInterrupt:
            report.interrupted = INTERRUPTED
        except UserError as reason:
            report.interrupted = report.interrupted or str(reason)
        report.left_behind = self._cleanup.left(self._accounts)
        report.note = note_of(self._accounts, sender)
        report.refused_users = {
            name: statuses
            for name in self._accounts.lent_names
            if (statuses := self._evidence.refused(name))
        }

    def _ask_as_everybody(self, sender: Sender) -> None:
        """Have users of the file who have shown nothing until now read what others could."""
        with contextlib.suppress(UserError):  # somebody cannot sign in any more
            for user in self._accounts.lent():
                for read in self._evidence.reads:
                    auth = self._accounts.auth_of(read.operation, user)
                    if auth is not None and not self._evidence.is_known(user.name):
                        sender.send(read, auth)

    def _know_reads(self, user: User) -> None:
        """Take note of what a user was answered about themselves: their session serves."""
        for operation in self._accounts.me if user.details else ():
            request = self._accounts.me_request(operation, user)
            auth = self._accounts.auth_of(operation, user) if operation.secured else None
            if request is not None and auth is not None:
                self._preparer.note_read(PreparedRequest(user, request, auth))

    def _know_login(self) -> None:
        """Have the login tried as an account of the run's own signs in: other names are refused."""
        security, payloads = self._preparer.security, self._preparer.payloads
        login = find_login(security, payloads)
        if login is None or not self._accounts.can_create_users:
            return
        template = {"loginEndpointAuth": login_template(security, payloads, login)}

        def signing_in(user: User, _seed: int) -> RequestContent:
            # Whoever was made last: where a login ends the session before, it is nobody else's.
            own = [*[user], *self._accounts.own_accounts][-1]
            name = self._accounts.login_name(own)
            entry = login_of(template, name, own.password, own.attributes)["loginEndpointAuth"]
            return login_content(entry) or RequestContent()

        if login_content(login_of(template, "", "", {})["loginEndpointAuth"]) is not None:
            payloads.known[login.label] = signing_in
