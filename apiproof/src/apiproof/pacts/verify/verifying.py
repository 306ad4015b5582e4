"""The run: every chosen interaction, in order, each on an empty stage, each counted."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apiproof.http.server import run_server
from apiproof.pacts.reading import Interaction, PactFile
from apiproof.pacts.verify.direction import Director, StatesDoor
from apiproof.pacts.verify.judgement import judge
from apiproof.pacts.verify.playing import play
from apiproof.pacts.verify.results import (
    InteractionResult,
    Mismatch,
    Outcome,
    PactResult,
    Verification,
)
from apiproof.pacts.verify.selection import Order
from apiproof.pacts.verify.stage import Stage
from apiproof.redaction import KnownSecrets
from apiproof.reporting.exchange import curl_command
from apiproof.service import ASGIApp

Progress = Callable[[PactFile, InteractionResult], None]


@dataclass(frozen=True)
class Theatre:
    """Everything that interactions are played with; `shown_url` is the provider's in reports."""

    stage: Stage
    director: Director
    door: StatesDoor
    provider_url: str
    states_url: str
    shown_url: str
    folder: Path

    @classmethod
    @contextlib.contextmanager
    def open(cls, provider: ASGIApp, director: Director, shown_url: str) -> Iterator["Theatre"]:
        """Serve a provider and its states on free ports of the loopback interface."""
        stage, door = Stage(provider, director.token), StatesDoor(director)
        with (
            tempfile.TemporaryDirectory(prefix="apiproof-pact-") as folder,
            run_server(stage) as provider_url,
            run_server(door.app) as states_url,
        ):
            yield cls(stage, director, door, provider_url, states_url, shown_url, Path(folder))


def verify_orders(
    orders: Sequence[Order],
    theatre: Theatre,
    provider: str,
    progress: Progress = lambda _pact, _result: None,
) -> Verification:
    """Play every interaction of the orders.

    Args:
        orders: what `selection` chose.
        theatre: an open one.
        provider: the provider's name.
        progress: called after each interaction.
    """
    started = time.monotonic()
    pacts = tuple(_perform(order, theatre, progress) for order in orders)
    seconds = time.monotonic() - started
    return Verification(provider, theatre.shown_url, pacts, seconds=seconds)


def _perform(order: Order, theatre: Theatre, progress: Progress) -> PactResult:
    pact = order.source.pact
    results = []
    for interaction in order.interactions:
        result = _act(order, interaction, theatre)
        progress(pact, result)
        results.append(result)
    return PactResult(
        source=pact.source,
        consumer=pact.consumer,
        provider=pact.provider,
        version=pact.version,
        interactions=tuple(results),
        total=len(pact.interactions),
        untold=tuple(
            f'{pact.source} {message.location}: "{message.description}" is a {message.kind}; '
            "only HTTP interactions can be verified here."
            for message in pact.messages
        ),
    )


def _act(order: Order, interaction: Interaction, theatre: Theatre) -> InteractionResult:
    started = time.monotonic()
    theatre.director.begin()
    theatre.door.begin()
    theatre.stage.begin(interaction)
    try:
        told = play(
            order.source, interaction, theatre.provider_url, theatre.states_url, theatre.folder
        )
        token = theatre.director.token()
    finally:
        theatre.director.end()
    result = _conclude(interaction, told, theatre, KnownSecrets(theatre.door.values, token))
    if order.source.is_pending or interaction.pending:
        result = _pending(result)
    return replace(result, seconds=time.monotonic() - started)


def _conclude(
    interaction: Interaction, told: Mapping[str, Any], theatre: Theatre, redaction: KnownSecrets
) -> InteractionResult:
    exchange = theatre.stage.exchange
    if theatre.door.failure:
        return InteractionResult(
            interaction, Outcome.UNTOLD, error=redaction.text(theatre.door.failure)
        )
    if exchange is None or exchange.status is None:
        why = (told.get("mismatch") or {}).get("message") or "the provider gave no answer"
        return InteractionResult(interaction, Outcome.UNTOLD, error=redaction.text(str(why)))
    shown = exchange.redacted(redaction)
    result = InteractionResult(
        interaction,
        Outcome.HONOURED,
        exchange=shown,
        curl=curl_command(shown.request_at(theatre.shown_url), redaction.names),
    )
    if told.get("result") == "OK":
        return result
    mismatch = told.get("mismatch") or {}
    mismatches = judge(interaction, mismatch.get("mismatches") or ())
    return replace(
        result,
        outcome=Outcome.BROKEN if mismatches else Outcome.UNTOLD,
        mismatches=tuple(_redacted(each, redaction) for each in mismatches),
        error="" if mismatches else redaction.text(str(mismatch.get("message", ""))),
        hint=_hint(interaction, exchange.status, impersonated=exchange.impersonated),
    )


def _redacted(mismatch: Mismatch, redaction: KnownSecrets) -> Mismatch:
    return replace(
        mismatch,
        expected=redaction.value(mismatch.expected, mismatch.path),
        actual=redaction.value(mismatch.actual, mismatch.path),
        text=redaction.body(mismatch.text),
    )


def _pending(result: InteractionResult) -> InteractionResult:
    return replace(result, outcome=Outcome.PENDING) if result.outcome is Outcome.BROKEN else result


def _hint(interaction: Interaction, status: int, *, impersonated: bool) -> str:
    """What most likely is wrong on the consumer's side, where the answer shows it."""
    if status == interaction.response.status:
        return ""
    if status == 401 and interaction.request.header("authorization") is None:
        return "The request has no Authorization header: add `Bearer ...` to the interaction."
    if status == 401 and not impersonated:
        return (
            "No state of the interaction names a user, so its token was sent as it is: "
            "add a state that does (`apiproof states`)."
        )
    if status == 403 and impersonated:
        return "The user of the interaction's state may lack a scope: see its `scopes` parameter."
    if status == 500:
        return "The provider failed: its log says why."
    return ""
