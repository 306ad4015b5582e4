"""Whole lives of accounts against the model: each rule is one thing that someone does."""

from collections.abc import Mapping
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.property.account_model import NAMES, Person, Session, Status
from tests.property.account_requests import pass_time
from tests.property.accounts import NEVER_SENT, Accounts, either, spell
from tests.property.api_driver import PASSWORD, RESET, SIGN_UP
from tests.property.unsteady_environment import KINDS, nothing
from tests.service import disable

WHO = st.sampled_from(NAMES)
SPELT = st.sampled_from(["as-is", "upper", "lower"])
OTHER_PASSWORD = "Staple-8-Correct-Horse"
PASSWORDS = st.sampled_from([PASSWORD, OTHER_PASSWORD])
# What has become of somebody before the life begins.
PASTS = ["continues", "is shut out", "goes", "leaves", "resets", "changes", "comes back", "stays"]
# Mostly right: what is wrong changes nothing, and lives go nowhere.
RIGHT = st.sampled_from([True, True, True, False])
# The answer that gets lost is the one that leaves most to put right, so it comes often.
TROUBLE = st.just(("SignUp", "lose_answer")) | st.tuples(
    st.sampled_from(["SignUp", "AdminGetUser", "AdminDeleteUser"]), st.sampled_from(KINDS)
)
WRONG = "Wrong-Horse-9-Battery"
# The fifth in a row begins a lock-out (AWS, "Sign-in lockout behavior"); one more may be needed.
MOST_FAILURES = 3


class AccountMachine(Accounts):
    """Three people, each with at most one account."""

    REACH: ClassVar[Mapping[str, float]] = {
        "POST /users/login 200": 0.2,
        "POST /users/logout 200": 0.1,
        "POST /users/refresh 200": 0.1,
        "POST /users/reset_password 200": 0.1,
        "POST /users/change_password 200": 0.1,
        "DELETE /users/me 204": 0.05,
        "POST /users/signup 503": 0.1,
        "an outage of Cognito meets a request": 0.1,
        "somebody whom an operator shut out knocks": 0.1,
        "an operator opens an account again": 0.1,
    }

    @initialize(settled=st.dictionaries(WHO, st.sampled_from(PASTS), min_size=1))
    def settle(self, settled: dict[str, str]) -> None:
        """Let some people be in already, or in again: to come that far by chance takes long."""
        for who, then in settled.items():
            person = self.persons[who]
            self.sign_up(who, "as-is", PASSWORD)
            self.verify(who, "as-is", right=True)
            self.log_in(who, "as-is", right=True, which=0)
            if then == "continues":
                self.continue_session(person, "as-is", person.sessions[-1])
            if then == "leaves":
                self.end(person, person.sessions[-1])
                self.log_in(who, "as-is", right=True, which=0)
            if then == "resets":
                self.recover(who, OTHER_PASSWORD)
                self.log_in(who, "as-is", right=True, which=0)
            if then == "changes":
                self.replace_password(person, person.sessions[-1], OTHER_PASSWORD, right=True)
            if then in {"is shut out", "comes back"}:
                self.shut_out(person, "as-is")
                self.log_in(who, "as-is", right=True, which=0)
            if then == "goes":
                self.leave_for_good(person, person.sessions[-1])
            if then == "comes back":
                self.let_in(person, "upper")
                self.log_in(who, "as-is", right=True, which=0)

    # Coming in

    @rule(who=WHO, spelt=SPELT, password=PASSWORDS)
    def sign_up(self, who: str, spelt: str, password: str) -> None:
        person = self.persons[who]
        # Else Cognito would have two accounts of what is one name here.
        spelt = "as-is" if self.is_strange(person, spelt) else spelt
        user = person.signup(spell(person.name, spelt), password)
        if not self.database_is_away:
            pass_time(self.env)
        self.act(
            lambda: self.driver.sign_up(user),
            {201: lambda answer: person.signed_up(answer.json()["sub"], password)}
            if person.can_sign_up
            else {409: nothing},
            lambda: self.observe(person, password),
        )

    @rule(who=WHO, password=PASSWORDS, troubles=st.lists(TROUBLE, min_size=1, max_size=2))
    def sign_up_in_trouble(self, who: str, password: str, troubles: list[tuple[str, str]]) -> None:
        """Let the calls fail that a sign-up makes: by chance they would rarely meet."""
        self.cognito_is_well_again()
        for call, kind in troubles:
            self.cognito_will_fail(kind, call)
        self.sign_up(who, "as-is", password)

    @rule(who=WHO, spelt=SPELT, right=RIGHT)
    def verify(self, who: str, spelt: str, *, right: bool) -> None:
        person = self.persons[who]
        code = self.newest_code(person, SIGN_UP) if right else NEVER_SENT
        knows = right and not self.is_strange(person, spelt)
        due = {Status.ABSENT: 403, Status.WAITING: 200 if knows else 403, Status.VERIFIED: 403}

        def verified(_: Any) -> None:
            person.status = Status.VERIFIED

        self.act(
            lambda: self.driver.verify(spell(person.name, spelt), code),
            {due[person.status]: verified if due[person.status] == 200 else nothing}
            | self.limited(person, "ConfirmSignUp", 403),
            lambda: self.observe(person),
            database="never",
        )

    @rule(who=WHO, spelt=SPELT)
    def resend(self, who: str, spelt: str) -> None:
        self.act(
            lambda: self.driver.resend(spell(self.persons[who].name, spelt)),
            {200: nothing},
            database="never",
        )

    # Sessions

    @rule(who=WHO, spelt=SPELT, right=RIGHT, which=st.integers(0, 1))
    def log_in(self, who: str, spelt: str, *, right: bool, which: int) -> None:
        person = self.persons[who]
        known = len(person.passwords) == 1
        if person.failures >= MOST_FAILURES and (person.is_shut or not (right and known)):
            return
        password = sorted(person.passwords)[which % len(person.passwords)] if right else WRONG
        due = {Status.ABSENT: 401, Status.WAITING: 403, Status.VERIFIED: 200}[person.status]
        outcomes = {due: lambda answer: self.proved(person, password, answer)}
        if person.is_shut:
            self.reached.add("somebody whom an operator shut out knocks")
        if due == 401 or person.is_shut or not right:
            outcomes = {401: lambda _: self.failed(person)}
        elif not known:
            outcomes[401] = lambda _: self.failed(person, password)
        if self.is_strange(person, spelt):
            outcomes = {401: nothing}
        self.act(
            lambda: self.driver.log_in(spell(person.name, spelt), password),
            outcomes,
            lambda: self.failed(person),
        )

    @precondition(lambda self: self.sessions())
    @rule(data=st.data(), spelt=SPELT)
    def refresh(self, data: st.DataObject, spelt: str) -> None:
        person, session = self.draw_session(data)
        self.continue_session(person, spelt, session)

    def continue_session(self, person: Person, spelt: str, session: Session) -> None:
        due = either(yes=200, no=401, known=person.renews(session))
        rotates = "RefreshTokenRotation" in self.env.service.pool_client

        def continued(answer: Any) -> None:
            if answer.status_code == 200:
                session.used_up = rotates
                assert (answer.json()["refresh_token"] != session.refresh) is rotates
                self.keep(person, answer)

        def perhaps() -> None:
            if rotates and session.used_up is False:
                session.used_up = None

        self.act(
            lambda: self.driver.refresh(spell(person.name, spelt), session.refresh),
            dict.fromkeys(due, continued),
            perhaps,
        )

    @precondition(lambda self: self.sessions())
    @rule(data=st.data())
    def log_out(self, data: st.DataObject) -> None:
        self.end(*self.draw_session(data))

    def end(self, person: Person, session: Session) -> None:
        due = either(yes=200, no=401, known=person.opens(session))

        def ended(answer: Any) -> None:
            if answer.status_code == 200:
                person.end_sessions(surely=True)

        self.act(
            lambda: self.driver.log_out(session.access),
            dict.fromkeys(due, ended),
            lambda: person.end_sessions(surely=False),
        )

    # Passwords

    @rule(who=WHO, spelt=SPELT)
    def forget(self, who: str, spelt: str) -> None:
        person = self.persons[who]
        if person.is_shut or self.is_strange(person, spelt):
            return  # who forgets the password then is told nothing, and gets no code

        too_many = person.may_exceed("ForgotPassword")

        def sent(_: Any) -> None:
            if person.status is Status.VERIFIED:
                person.may_reset = person.may_reset or (None if too_many else True)

        def perhaps() -> None:
            if person.status is Status.VERIFIED and not person.may_reset:
                person.may_reset = None

        self.act(
            lambda: self.driver.forgot(spell(person.name, spelt)),
            {200: sent},
            perhaps,
            database="never",
        )

    @rule(who=WHO, spelt=SPELT, right=RIGHT, password=PASSWORDS)
    def reset(self, who: str, spelt: str, *, right: bool, password: str) -> None:
        person = self.persons[who]
        if person.is_shut:
            return
        code = self.newest_code(person, RESET) if right else NEVER_SENT
        knows = right and not self.is_strange(person, spelt)
        known = person.may_reset if knows and person.status is Status.VERIFIED else False

        def done(answer: Any) -> None:
            if answer.status_code == 200:
                person.passwords, person.may_reset, person.failures = {password}, False, 0
                person.end_sessions(surely=True)

        def perhaps() -> None:
            if known is not False:
                person.passwords = person.passwords | {password}
                person.may_reset = None
            # Without an answer nobody knows whether the password is a new one.
            person.end_sessions(surely=False)

        self.act(
            lambda: self.driver.reset(spell(person.name, spelt), code, password),
            dict.fromkeys(either(yes=200, no=403, known=known), done)
            | self.limited(person, "ConfirmForgotPassword", 403),
            perhaps,
        )

    @rule(who=WHO, password=PASSWORDS)
    def recover(self, who: str, password: str) -> None:
        """Do both at once, as people do."""
        self.forget(who, "as-is")
        self.reset(who, "as-is", right=True, password=password)

    @precondition(lambda self: self.sessions())
    @rule(data=st.data(), right=RIGHT, password=PASSWORDS)
    def change_password(self, data: st.DataObject, *, right: bool, password: str) -> None:
        self.replace_password(*self.draw_session(data), password, right=right)

    def replace_password(
        self, person: Person, session: Session, password: str, *, right: bool
    ) -> None:
        current = min(person.passwords) if right else WRONG
        knows = None if right and len(person.passwords) > 1 else right
        outcomes = self.change_outcomes(person, session, password, knows=knows)

        def perhaps() -> None:
            if knows is not False:
                person.passwords = person.passwords | {password}

        self.act(
            lambda: self.driver.change_password(session.access, current, password),
            outcomes,
            perhaps,
        )

    # Operators

    @precondition(lambda self: not self.database_is_away)
    @rule(who=WHO, spelt=SPELT)
    def operate(self, who: str, spelt: str) -> None:
        """Shut somebody's account, or open it again."""
        person = self.persons[who]
        if person.is_shut:
            self.let_in(person, spelt)
        elif person.status is Status.VERIFIED:
            self.shut_out(person, spelt)

    def shut_out(self, person: Person, spelt: str) -> None:
        self.command(disable, self.as_operators_write(person, spelt))
        person.is_shut = True
        person.end_sessions(surely=True)

    # Going

    @precondition(lambda self: self.sessions())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.leave_for_good(*self.draw_session(data))

    def leave_for_good(self, person: Person, session: Session) -> None:
        due = either(yes=204, no=401, known=person.opens(session))

        def gone(answer: Any) -> None:
            if answer.status_code == 204:
                person.deleted(session)

        self.act(
            lambda: self.driver.delete_me(session.access),
            dict.fromkeys(due, gone),
            lambda: self.observe(person),
        )
