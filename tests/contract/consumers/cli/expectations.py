"""How `randomizer-cli` writes its expectations down: the parts that its interactions share.

It knows of provider states and generates its tokens, ids and codes from their values.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pact import Pact, match
from pact.interaction import HttpInteraction

from tests.contract.consumers.cli.client import Randomizer

CONSUMER = "randomizer-cli"
PROVIDER = "randomizer-api"
TOKEN = "access-token"
NOTED_SECONDS = 2.0
PASSWORD = "Correct-Horse-7-Battery"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

NUMBER = {
    "id": match.integer(1),
    "min_value": 1,
    "max_value": 6,
    "num": match.integer(4),
}
SESSION = {
    "access_token": match.regex("a.b.c", regex=r"^[\w-]+\.[\w-]+\.[\w-]+$"),
    "refresh_token": match.regex("r.s.t", regex=r"^[\w.=-]+$"),
    "token_type": "bearer",
    "expires_in": match.integer(3600),
}


@dataclass(frozen=True)
class Case:
    """One interaction: what is expected, and the client at work on it, with a token or without."""

    expect: Callable[[Pact], HttpInteraction]
    use: Callable[[Randomizer], None]
    token: str | None = None

    @property
    def name(self) -> str:
        return self.expect.__name__.replace("_", "-")

    def play(self, pact: Pact) -> None:
        """Run the client against a mock of the API; it fails when they differ."""
        self.expect(pact)
        with pact.serve() as server:
            self.use(Randomizer(str(server.url), self.token))
            # The mock answers before it notes the request, and is asked when the block ends.
            deadline = time.monotonic() + NOTED_SECONDS
            while not server.matched and time.monotonic() < deadline:
                time.sleep(0.001)


def new_pact() -> Pact:
    return Pact(CONSUMER, PROVIDER).with_specification("V4")


def signed_in(interaction: HttpInteraction, **generators: Any) -> HttpInteraction:
    """Send the access token of the interaction's user, and what else its states tell."""
    interaction.with_header("Authorization", f"Bearer {TOKEN}")
    return filled(interaction, header={"Authorization": "Bearer ${access_token}"}, **generators)


def filled(interaction: HttpInteraction, **generators: Any) -> HttpInteraction:
    """Fill parts of the request from the values of its provider states.

    Args:
        interaction: whose request it is.
        **generators: `path="..."`, or names or JSON paths with expressions for other parts.
    """
    interaction.with_generators(
        {
            part: _generator(value)
            if isinstance(value, str)
            else {name: _generator(expression) for name, expression in value.items()}
            for part, value in generators.items()
        },
        "Request",
    )
    return interaction


def refused(
    interaction: HttpInteraction, status: int, detail: Any, headers: dict[str, Any] | None = None
) -> HttpInteraction:
    """Expect a refusal."""
    interaction.will_respond_with(status)
    if headers:
        interaction.with_headers(headers)
    return interaction.with_body({"detail": detail}, "application/json")


def later(interaction: HttpInteraction, status: int) -> HttpInteraction:
    """Expect to be told when to come back."""
    retry = match.regex("2", regex=r"^\d+$")
    return refused(interaction, status, match.like("Try again later"), {"Retry-After": retry})


def problem(field: str) -> Any:
    """A validation failure that names a field of the body."""
    return match.each_like({"loc": ["body", field], "msg": match.like("Not so")}, min=1)


def _generator(expression: str) -> dict[str, str]:
    return {"type": "ProviderState", "expression": expression, "dataType": "STRING"}
