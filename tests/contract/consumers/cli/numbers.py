"""What `randomizer-cli` expects of random numbers and of the service's health."""

from typing import Any

import pytest
from pact import Pact, match
from pact.interaction import HttpInteraction

from tests.contract.consumers.cli.client import (
    InputRefused,
    LoginNeeded,
    NotAllowed,
    NotFound,
    Number,
    Randomizer,
    TryLater,
)
from tests.contract.consumers.cli.expectations import (
    NUMBER,
    TOKEN,
    Case,
    later,
    problem,
    refused,
    signed_in,
)

HEALTHY = {"status": "ok"}
BOUNDS = {"min_value": 1, "max_value": 6}


def challenge_of(error: str) -> Any:
    """The challenge of RFC 6750, section 3, with this error."""
    return match.regex(f'Bearer error="{error}"', regex=f'^Bearer .*error="{error}".*$')


def page(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a page of numbers")
    asked.given("a verified user exists", username="ada")
    asked.given("a user has random numbers", count=3, min_value=1, max_value=6)
    asked.with_request("GET", "/randoms")
    signed_in(asked.with_query_parameters({"offset": "1", "limit": "2"}))
    answer = match.each_like(NUMBER, min=2, max=2)
    return asked.will_respond_with(200).with_body(answer, "application/json")


def use_page(client: Randomizer) -> None:
    assert client.numbers(offset=1, limit=2) == [Number(1, 1, 6, 4)]


def empty_page(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a page of numbers beyond the last one")
    asked.given("a verified user exists", username="ada")
    asked.with_request("GET", "/randoms")
    signed_in(asked.with_query_parameters({"offset": "0", "limit": "2"}))
    return asked.will_respond_with(200).with_body("[]", "application/json")


def use_empty_page(client: Randomizer) -> None:
    assert client.numbers(offset=0, limit=2) == []


def page_unauthorized(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a page of numbers without a session").given("no user exists")
    asked.with_request("GET", "/randoms")
    asked.with_query_parameters({"offset": "0", "limit": "2"})
    return refused(asked, 401, "Not authenticated", {"WWW-Authenticate": "Bearer"})


def use_page_unauthorized(client: Randomizer) -> None:
    with pytest.raises(LoginNeeded):
        client.numbers(offset=0, limit=2)


def page_expired(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a page of numbers with a token that has expired")
    asked.given("a verified user exists", username="ada").given("the access token has expired")
    asked.with_request("GET", "/randoms")
    signed_in(asked.with_query_parameters({"offset": "0", "limit": "2"}))
    challenge = challenge_of("invalid_token")
    return refused(asked, 401, match.like("Invalid token"), {"WWW-Authenticate": challenge})


def use_page_expired(client: Randomizer) -> None:
    with pytest.raises(LoginNeeded):
        client.numbers(offset=0, limit=2)


def page_out_of_scope(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a page of numbers without the scope")
    asked.given("a verified user exists", username="ada", scopes=["me"])
    asked.with_request("GET", "/randoms")
    signed_in(asked.with_query_parameters({"offset": "0", "limit": "2"}))
    challenge = challenge_of("insufficient_scope")
    return refused(asked, 403, match.like("Insufficient scope"), {"WWW-Authenticate": challenge})


def use_page_out_of_scope(client: Randomizer) -> None:
    with pytest.raises(NotAllowed):
        client.numbers(offset=0, limit=2)


def draw(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a draw").given("a verified user exists", username="ada")
    asked.with_request("POST", "/randoms").with_body(BOUNDS, "application/json")
    signed_in(asked)
    asked.will_respond_with(201)
    asked.with_header("Location", match.regex("/randoms/1", regex=r"^/randoms/\d+$"))
    return asked.with_body(NUMBER, "application/json")


def use_draw(client: Randomizer) -> None:
    assert client.draw(1, 6) == Number(1, 1, 6, 4)


def draw_mistyped(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a draw with a bound that is too large")
    asked.given("a verified user exists", username="ada")
    body = {"min_value": 1, "max_value": 2147483648}
    asked.with_request("POST", "/randoms").with_body(body, "application/json")
    return refused(signed_in(asked), 422, problem("max_value"))


def use_draw_mistyped(client: Randomizer) -> None:
    with pytest.raises(InputRefused) as refusal:
        client.draw(1, 2147483648)
    assert refusal.value.fields == ["max_value"]


def read(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a question for one number")
    asked.given("a verified user exists", username="ada")
    asked.given("a user has random numbers", count=2, min_value=1, max_value=6)
    signed_in(asked.with_request("GET", "/randoms/1"), path="/randoms/${last_id}")
    return asked.will_respond_with(200).with_body(NUMBER, "application/json")


def use_read(client: Randomizer) -> None:
    assert client.number(1) == Number(1, 1, 6, 4)


def read_missing(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a question for someone else's number")
    asked.given("a verified user exists", username="ada").given("someone else has a random number")
    signed_in(asked.with_request("GET", "/randoms/9"), path="/randoms/${id}")
    return refused(asked, 404, "Random not found")


def use_read_missing(client: Randomizer) -> None:
    with pytest.raises(NotFound):
        client.number(9)


def remove(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a number to remove")
    asked.given("a verified user exists", username="ada")
    asked.given("a user has random numbers", count=1)
    signed_in(asked.with_request("DELETE", "/randoms/1"), path="/randoms/${first_id}")
    return asked.will_respond_with(204)


def use_remove(client: Randomizer) -> None:
    client.remove(1)


def alive(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a question whether the service lives")
    asked.with_request("GET", "/health")
    return asked.will_respond_with(200).with_body(HEALTHY, "application/json")


def use_alive(client: Randomizer) -> None:
    assert client.is_alive()


def ready(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a question whether the service is ready")
    asked.with_request("GET", "/ready")
    return asked.will_respond_with(200).with_body(HEALTHY, "application/json")


def use_ready(client: Randomizer) -> None:
    assert client.is_ready()


def not_ready(pact: Pact) -> HttpInteraction:
    asked = pact.upon_receiving("a question whether the service is ready without its database")
    asked.given("the database is unavailable").with_request("GET", "/ready")
    return later(asked, 503)


def use_not_ready(client: Randomizer) -> None:
    with pytest.raises(TryLater) as refusal:
        client.is_ready()
    assert refusal.value.seconds == 2


CASES = (
    Case(page, use_page, TOKEN),
    Case(empty_page, use_empty_page, TOKEN),
    Case(page_unauthorized, use_page_unauthorized),
    Case(page_expired, use_page_expired, TOKEN),
    Case(page_out_of_scope, use_page_out_of_scope, TOKEN),
    Case(draw, use_draw, TOKEN),
    Case(draw_mistyped, use_draw_mistyped, TOKEN),
    Case(read, use_read, TOKEN),
    Case(read_missing, use_read_missing, TOKEN),
    Case(remove, use_remove, TOKEN),
    Case(alive, use_alive),
    Case(ready, use_ready),
    Case(not_ready, use_not_ready),
)
