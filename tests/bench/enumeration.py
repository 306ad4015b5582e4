"""`nox -s bench -- enumeration`: whether answer times tell known names from unknown ones.

Each operation that answers alike for both is sent for a known and an unknown name in turn, in an
order that is drawn, to the service in its own process. Medians and their ratio; the median of the
pairs' own ratios, which changes little with what else the machine does; and the share of pairs in
which the known name took longer: 50 % where nothing tells. What the Cognito emulator
itself takes is part of it; that both cause the same calls and statements is a test's.
"""

import argparse
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from rich.table import Table

from apiproof.deployment import Deployment
from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from apiproof.reporting.terminal import console
from tests.contract.live.crowd import Timed, send
from tests.contract.valid_requests import Valid
from tests.service import OTHER_PASSWORD, SERVICE

USERS = 20  # known names of each kind: a user's own quotas are met late
CODE = "000000"


@dataclass(frozen=True)
class Pairs:
    """Answers for a known and for an unknown name, pair by pair."""

    operation: str
    known: Sequence[Timed]
    unknown: Sequence[Timed]

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        known = statistics.median(answer.seconds for answer in self.known)
        unknown = statistics.median(answer.seconds for answer in self.unknown)
        pairs = zip(self.known, self.unknown, strict=True)
        ratios = [one.seconds / other.seconds for one, other in pairs]
        return (
            self.operation,
            str(len(self.known)),
            f"{known * 1000:.2f}",
            f"{unknown * 1000:.2f}",
            f"{known / unknown:.2f}",
            f"{statistics.median(ratios):.2f}",
            f"{sum(ratio > 1 for ratio in ratios) / len(ratios):.0%}",
            "alike" if self._answers(self.known) == self._answers(self.unknown) else "THEY TELL",
        )

    def _answers(self, answers: Sequence[Timed]) -> set[tuple[int, str]]:
        return {(answer.status, answer.text) for answer in answers}


def _request(operation: str, name: str) -> Valid:
    path = f"/users/{operation.partition(' ')[0]}"
    bodies = {
        "verify": {"confirmation_code": CODE},
        "reset_password": {"confirmation_code": CODE, "new_password": OTHER_PASSWORD},
    }
    if path == "/users/login":
        form = {"username": name, "password": OTHER_PASSWORD}
        return Valid("login_user", path, form=form)
    json = {"username": name, **bodies.get(path.removeprefix("/users/"), {})}
    names = {
        "/users/verify": "verify_user",
        "/users/resend_confirmation_code": "resend_confirmation_code",
        "/users/forgot_password": "forgot_password",
        "/users/reset_password": "reset_password",
    }
    return Valid(names[path], path, json=json)


def _kinds(env: Environment) -> dict[str, Sequence[str]]:
    """The operations, and the known names to send each for."""
    confirmed = [env.new_account().username for _ in range(USERS)]
    waiting = [env.create_unconfirmed_user().username for _ in range(USERS)]
    return {
        "verify (waits for a code)": waiting,
        "verify (confirmed)": confirmed,
        "resend_confirmation_code (waits)": waiting,
        "resend_confirmation_code (confirmed)": confirmed,
        "login (wrong password)": confirmed,
        "forgot_password": confirmed,
        "reset_password (wrong code)": confirmed,
    }


def _measured(
    client: HttpClient, operation: str, known: Sequence[str], pairs: int, order: random.Random
) -> Pairs:
    answers: dict[bool, list[Timed]] = {True: [], False: []}
    names = cycle(known)
    for _ in range(pairs):
        name = next(names)
        other = name[:-6] + "".join(order.choices("0123456789", k=6))
        for is_known in order.sample([True, False], 2):
            sent = _request(operation, name if is_known else other)
            answers[is_known].append(send(client, sent))
    return Pairs(operation, answers[True], answers[False])


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench -- enumeration")
    parser.add_argument("--pairs", type=int, default=200, help="of each operation (200)")
    parser.add_argument("--only", default="", help="part of an operation's name, as in the table")
    options = parser.parse_args(arguments)
    if options.pairs < 1:
        parser.error(f"--pairs {options.pairs}: give at least 1")
    table = Table(title="Known and unknown names, in turn; milliseconds")
    for column in (
        "operation",
        "pairs",
        "known",
        "unknown",
        "ratio",
        "of pairs",
        "known slower",
        "answers",
    ):
        table.add_column(column)
    order = random.Random(1)  # noqa: S311 - an order, no secret
    with Deployment.start(SERVICE) as deployed, HttpClient(deployed.url) as client:
        chosen = {
            name: known for name, known in _kinds(deployed.env).items() if options.only in name
        }
        if not chosen:
            parser.error(f"--only {options.only}: no operation has that in its name")
        for operation, known in chosen.items():
            _measured(client, operation, known, USERS, order)
            table.add_row(*_measured(client, operation, known, options.pairs, order).cells)
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
