"""Three users in an unsteady environment: what their lives share, and what always holds."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant

from apiproof.cognito import NothingSent
from apiproof.environment import Environment
from tests.property.account_model import ADDRESSES, NAMES, Person, Session, Status
from tests.property.account_requests import pass_time
from tests.property.api_driver import PASSWORD
from tests.property.snapshots import snapshots, snapshots_without_database
from tests.property.unsteady_environment import Effect, UnsteadyEnvironment, nothing
from tests.service import enable

NEVER_SENT = "000000"
MOST_SESSIONS = 3
# What an operator is told who may try again.
MAY_PASS = {"IdentityAnswerLost", "IdentityUnavailable", "Throttled", "DatabaseUnavailable"}


def either(*, yes: int, no: int, known: bool | None) -> set[int]:
    """The answers that are due when something is so, is not so, or is not known."""
    return {yes, no} if known is None else {yes if known else no}


def spell(name: str, how: str) -> str:
    """Write a name as it is, or in capitals, or without any."""
    return {"as-is": name, "upper": name.upper(), "lower": name.lower()}[how]


class Accounts(UnsteadyEnvironment):
    """The people, and the comparison of the model with what is there."""

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        pool = env.service.pool
        names = ADDRESSES if "UsernameAttributes" in pool else NAMES
        self.persons = {who: Person(name) for who, name in zip(NAMES, names, strict=True)}
        case = pool.get("UsernameConfiguration", {})
        self.case_counts = case.get("CaseSensitive", False)

    @invariant()
    def the_model_and_both_sides_agree(self) -> None:
        """Nobody is there whom nobody signed up, and nobody is missing, on either side."""
        if self.database_is_away:
            return
        seen = snapshots(self.env)
        pool = seen.accounts
        subs = {name.lower(): account["sub"] for name, account in pool.items()}
        statuses = {name.lower(): account["status"] for name, account in pool.items()}
        rows = {row["username"].lower(): row["sub"] for row in seen.users}
        enabled = {name.lower(): account["enabled"] == "True" for name, account in pool.items()}
        shut_here = {row["username"].lower(): row["disabled_at"] != "None" for row in seen.users}
        for person in self.persons.values():
            key = person.name.lower()
            assert Status(statuses.pop(key, "absent")) is person.status
            assert subs.pop(key, None) == person.sub
            assert rows.pop(key, None) == person.row_sub
            assert key not in enabled or enabled[key] is not person.is_shut
            assert key not in shut_here or shut_here[key] is person.is_shut
        assert not subs
        assert not rows

    @invariant()
    def tokens_open_what_the_model_says(self) -> None:
        """A token that is over stays over, and one that is not shows its own user only."""
        if self.database_is_away:
            return
        for person, session in self.sessions():
            answer = self.driver.me(session.access)
            assert answer.status_code in either(yes=200, no=401, known=person.opens(session))
            if answer.status_code == 200:
                assert answer.json()["sub"] == session.sub
                assert answer.json()["username"].lower() == person.name.lower()

    def heal(self) -> None:
        """Whoever tries again gets in, and leaves no orphan on either side."""
        for person in self.persons.values():
            if person.is_shut:
                self.let_in(person, "as-is")
            if person.is_whole:
                continue
            if person.can_sign_up:
                pass_time(self.env)
                user = person.signup(person.name, PASSWORD)
                assert self.driver.sign_up(user).status_code == 201
            else:
                tries = [self.driver.log_in(person.name, each) for each in person.passwords]
                assert 200 in [answer.status_code for answer in tries]
        assert snapshots(self.env).orphans == frozenset()

    # What operators do

    def command(self, give: Callable[..., None], name: str) -> None:
        """Give a command; one that something stood in the way of is given again."""
        self.driver.script.act(f"An operator gives the command {give.__name__} {name}.")
        try:
            give(self.env.config, name)
        except Exception as error:
            # By its name: this suite does not know the classes of the service.
            if type(error).__name__ not in MAY_PASS:
                raise
            self.mend()
            give(self.env.config, name)

    def as_operators_write(self, person: Person, spelt: str) -> str:
        """A name that finds an account: without a row, only Cognito says whose it is."""
        found = person.row_sub is not None or not self.is_strange(person, spelt)
        return spell(person.name, spelt) if found else person.name

    def let_in(self, person: Person, spelt: str) -> None:
        """Open an account again that an operator has shut."""
        self.command(enable, self.as_operators_write(person, spelt))
        person.is_shut = False
        self.reached.add("an operator opens an account again")

    # What rules need

    def sessions(self) -> list[tuple[Person, Session]]:
        return [(person, each) for person in self.persons.values() for each in person.sessions]

    def draw_session(self, data: st.DataObject) -> tuple[Person, Session]:
        number = data.draw(st.integers(0, len(self.sessions()) - 1), label="session")
        return self.sessions()[number]

    def is_strange(self, person: Person, spelt: str) -> bool:
        """Whether Cognito takes a name, spelled so, for that of somebody else."""
        return self.case_counts and spell(person.name, spelt) != person.name

    def newest_code(self, person: Person, purpose: str) -> str:
        try:
            return self.driver.code(person.name, purpose)
        except NothingSent:
            return NEVER_SENT

    def limited(self, person: Person, operation: str, status: int) -> dict[int, Effect]:
        """What Cognito's hourly limits add to the answers that are due."""
        return {status: nothing} if person.may_exceed(operation) else {}

    def observe(self, person: Person, password: str = PASSWORD) -> None:
        look: Callable[[Environment], Any] = (
            snapshots_without_database if self.database_is_away else snapshots
        )
        person.observe(look(self.env), password)

    def keep(self, person: Person, answer: Any, sub: str | None = None) -> None:
        """Keep the tokens of an answer."""
        tokens = answer.json()
        session = Session(sub or person.sub or "", tokens["access_token"], tokens["refresh_token"])
        person.sessions = [*person.sessions, session][-MOST_SESSIONS:]

    def proved(self, person: Person, password: str, answer: Any) -> None:
        """A password turned out to be the right one."""
        person.passwords, person.failures = {password}, 0
        if answer.status_code == 200:
            # A row that was missing, or of an account that is no more, is written now.
            person.row_sub = person.sub
            self.keep(person, answer)

    def failed(self, person: Person, password: str | None = None) -> None:
        """A password was wrong, or may have been."""
        person.failures += 1
        person.passwords = person.passwords - {password} if password else person.passwords

    def change_outcomes(
        self, person: Person, session: Session, password: str, *, knows: bool | None
    ) -> dict[int, Effect]:
        """What a change of the password may come to: Cognito wants a token that it knows, too."""
        opens, renews = person.opens(session), person.is_known(session)
        if opens is False:
            return {401: nothing}

        def changed(_: Any) -> None:
            person.passwords = {password}

        outcomes = self.limited(person, "ChangePassword", 429)
        if opens is None or renews is not True:
            outcomes[401] = nothing
        if renews is not False and knows is not True:
            outcomes[403] = nothing
        if renews is not False and knows is not False:
            outcomes[200] = changed
        return outcomes
