"""Every interaction is verified alone, on an empty environment, and counted."""

import os

import pytest

from apiproof.pacts.verify.results import InteractionStatus
from tests.pacts.conftest import Verify
from tests.pacts.pacts import BEARER, body, interaction, order, pact
from tests.pacts.shop import Shop

ONE_ORDER: tuple[tuple[str, dict[str, int]], ...] = (
    ("a customer exists", {}),
    ("orders exist", {"count": 1}),
)


def listing(description: str, expected: object) -> dict[str, object]:
    return interaction(
        description, "/orders", *ONE_ORDER, request={"headers": BEARER}, response=body(expected)
    )


def test_nothing_of_one_interaction_is_left_for_the_next(verify: Verify, shop: Shop) -> None:
    verification = verify(pact(*(listing(f"list {n}", [{"id": 1}]) for n in range(4))))
    assert verification.exit_code == 0
    assert verification.verified == 4
    assert shop.resets == 4


def test_the_library_sends_no_telemetry(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PACT_DO_NOT_TRACK", raising=False)
    verify(pact(order()))
    # Only this spelling silences it: "1" does not.
    assert os.environ["PACT_DO_NOT_TRACK"] == "true"


def test_every_interaction_of_every_pact_is_counted(verify: Verify) -> None:
    verification = verify(pact(order()), pact(order(), listing("list", [{"id": 1}])))
    assert [each.executed for each in verification.pacts] == [1, 2]
    assert verification.verified == 3
    assert verification.summary.startswith("passed: 3 of 3 interactions of 2 pacts verified")


def test_states_act_in_the_order_of_the_pact(verify: Verify) -> None:
    twice = (*ONE_ORDER, ("orders exist", {"count": 2}))
    asked = interaction(
        "list", "/orders", *twice, request={"headers": BEARER}, response=body([{"id": 1}] * 3)
    )
    [result] = verify(pact(asked)).pacts[0].interactions
    assert [each.path for each in result.mismatches] == ["$.body[1].id", "$.body[2].id"]


def test_a_teardown_runs_after_the_interaction(verify: Verify, shop: Shop) -> None:
    asked = interaction("list", "/orders", "the shop is closed", status=503)
    assert verify(pact(asked)).exit_code == 0
    assert shop.is_open


def test_a_teardown_runs_although_a_later_state_fails(verify: Verify, shop: Shop) -> None:
    asked = interaction("list", "/orders", "the shop is closed", "the till is broken", status=503)
    assert verify(pact(asked)).exit_code == 2
    assert shop.is_open


def test_a_state_that_fails_is_reported_with_its_own_words_and_at_once(verify: Verify) -> None:
    verification = verify(pact(interaction("list", "/orders", "the till is broken")))
    [result] = verification.pacts[0].interactions
    assert result.status is InteractionStatus.ERROR
    assert result.error == 'The state "the till is broken" failed: OSError: no till in sight'
    assert verification.exit_code == 2
    assert verification.seconds < 60  # pact's own retries of a 5xx take 127 s (4.2.0)


def test_a_broken_interaction_outweighs_one_that_could_not_be_asked(verify: Verify) -> None:
    unasked = interaction("list", "/orders", "the till is broken")
    assert verify(pact(unasked, interaction("a hole", "/nowhere"))).exit_code == 1


def test_a_pending_interaction_is_shown_and_fails_nothing(verify: Verify) -> None:
    pending = interaction("a hole", "/nowhere", pending=True)
    verification = verify(pact(order(), pending))
    assert verification.exit_code == 0
    assert verification.statuses == {InteractionStatus.PASSED: 1, InteractionStatus.PENDING: 1}
    result = next(
        each
        for each in verification.pacts[0].interactions
        if each.status is InteractionStatus.PENDING
    )
    assert [each.path for each in result.mismatches] == ["$.status"]


def test_a_pending_interaction_that_passes_is_just_that(verify: Verify) -> None:
    assert verify(pact({**order(), "pending": True})).statuses == {InteractionStatus.PASSED: 1}


def test_messages_are_reported_rather_than_passed_over(verify: Verify) -> None:
    message = {"type": "Asynchronous/Messages", "description": "a shout", "contents": {}}
    verification = verify(pact(order(), message))
    assert verification.exit_code == 0
    assert verification.verified == 1
    assert "1 message not verified here" in verification.summary
    assert not verification.pacts[0].is_success  # a Broker must not take it for verified
    [line] = verification.pacts[0].not_verified
    assert line.startswith(
        'pact-0.json $.interactions[1]: "a shout" (Asynchronous/Messages) is not verified'
    )


def test_a_pact_of_messages_alone_is_an_error(verify: Verify) -> None:
    message = {"type": "Asynchronous/Messages", "description": "a shout", "contents": {}}
    verification = verify(pact(message))
    assert verification.exit_code == 2
    assert verification.summary.startswith("error: 0 of 0 interactions of 1 pact verified")


def test_an_unknown_state_fails_its_interaction_and_the_others_are_verified(
    verify: Verify,
) -> None:
    unknown = interaction("x", "/orders", "a costumer exists")
    verification = verify(pact(unknown, order()))
    first, second = verification.pacts[0].interactions
    assert first.status is InteractionStatus.ERROR
    assert "did you mean 'a customer exists'?" in first.error
    assert second.status is InteractionStatus.PASSED
    assert verification.exit_code == 2


@pytest.mark.parametrize("state", ["a costumer exists", "the till is broken"])
def test_a_pending_interaction_that_cannot_be_asked_fails_nothing(
    verify: Verify, state: str
) -> None:
    pending = interaction("x", "/orders", state, pending=True)
    verification = verify(pact(pending, order()))
    assert verification.statuses == {InteractionStatus.PASSED: 1, InteractionStatus.PENDING: 1}
    assert verification.exit_code == 0
    assert verification.summary.endswith("what is pending fails nothing)")


def test_an_interaction_behind_a_message_is_still_the_one_that_is_verified(verify: Verify) -> None:
    message = {"type": "Asynchronous/Messages", "description": "a shout", "contents": {}}
    [result] = verify(pact(message, order())).pacts[0].interactions
    assert result.interaction.description == "an order"
    assert result.status is InteractionStatus.PASSED


def test_generators_fill_the_request_from_what_states_return(verify: Verify) -> None:
    asked = interaction(
        "the last order",
        "/orders/999",
        ("a customer exists", {}),
        ("orders exist", {"count": 3}),
        request={
            "generators": {
                "path": {"type": "ProviderState", "expression": "/orders/${last}"},
                "query": {"q": {"type": "ProviderState", "expression": "${name}"}},
            },
            "query": {"q": ["someone"]},
        },
        response=body({"id": 3}),
    )
    verification = verify(pact(asked))
    exchange = verification.pacts[0].interactions[0].exchange
    assert exchange is not None
    assert exchange.target == "/orders/3?q=ada"
    assert verification.exit_code == 0


def test_generators_fill_a_body(verify: Verify) -> None:
    asked = interaction(
        "an echo",
        "/echo",
        ("a customer exists", {"name": "grace"}),
        method="POST",
        request={
            **body({"who": "someone"}),
            "generators": {"body": {"$.who": {"type": "ProviderState", "expression": "${name}"}}},
        },
        response=body({"body": '{"who":"grace"}'}),
    )
    assert verify(pact(asked)).exit_code == 0


def test_a_redirect_is_followed_unless_it_is_what_the_consumer_expects(
    verify: Verify, shop: Shop
) -> None:
    shop.answer = type(shop.answer)(307, {"location": "/orders/1"}, None)
    expected = interaction("a redirect", "/order", status=307)
    followed = interaction("an order", "/order", ("orders exist", {"count": 1}), status=200)
    assert verify(pact(expected)).exit_code == 0
    assert verify(pact(followed)).exit_code == 0
