"""The run: every chosen interaction, in order, each on an empty environment, each counted."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apiproof.http.server import run_server
from apiproof.pacts.reading import Interaction, PactFile
from apiproof.pacts.verify.loading import SelectedPact
from apiproof.pacts.verify.mismatches import parse_mismatches
from apiproof.pacts.verify.pact_ffi import verify_interaction
from apiproof.pacts.verify.provider_states import StateEndpoint, StateSetup
from apiproof.pacts.verify.recording_proxy import RecordingProxy
from apiproof.pacts.verify.results import (
    InteractionResult,
    InteractionStatus,
    Mismatch,
    PactResult,
    Verification,
)
from apiproof.pacts.verify.state_values import missing_value
from apiproof.redaction import KnownSecrets
from apiproof.reporting import curl_command
from apiproof.service import ASGIApp

Progress = Callable[[PactFile, InteractionResult], None]


@dataclass(frozen=True)
class VerificationSession:
    """Everything that interactions are verified with.

    Attributes:
        proxy: stands before the provider.
        states: brings provider states about.
        endpoint: its HTTP face, which pact's verifier asks.
        provider_url: of the proxy, on the loopback interface.
        states_url: of the endpoint, likewise.
        shown_url: the provider's in reports.
        folder: for the pact files that the verifier reads.
    """

    proxy: RecordingProxy
    states: StateSetup
    endpoint: StateEndpoint
    provider_url: str
    states_url: str
    shown_url: str
    folder: Path

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, provider: ASGIApp, states: StateSetup, shown_url: str
    ) -> Iterator["VerificationSession"]:
        """Serve a provider and its states on free ports of the loopback interface."""
        proxy, endpoint = RecordingProxy(provider, states.token), StateEndpoint(states)
        with (
            tempfile.TemporaryDirectory(prefix="apiproof-pact-") as folder,
            run_server(proxy) as provider_url,
            run_server(endpoint.app) as states_url,
        ):
            yield cls(proxy, states, endpoint, provider_url, states_url, shown_url, Path(folder))


def verify_selected(
    selected: Sequence[SelectedPact],
    session: VerificationSession,
    provider: str,
    progress: Progress = lambda _pact, _result: None,
) -> Verification:
    """Verify every chosen interaction.

    Args:
        selected: what `loading.select` chose.
        session: an open one.
        provider: the provider's name.
        progress: called after each interaction.
    """
    started = time.monotonic()
    pacts = tuple(_verify_pact(each, session, progress) for each in selected)
    seconds = time.monotonic() - started
    return Verification(provider, session.shown_url, pacts, seconds=seconds)


def _verify_pact(
    selected: SelectedPact, session: VerificationSession, progress: Progress
) -> PactResult:
    pact = selected.source.pact
    results = []
    for interaction in selected.interactions:
        result = _verify_interaction(selected, interaction, session)
        progress(pact, result)
        results.append(result)
    return PactResult(
        source=pact.source,
        consumer=pact.consumer,
        provider=pact.provider,
        version=pact.version,
        interactions=tuple(results),
        total=len(pact.interactions),
        not_verified=tuple(
            f'{pact.source} {message.location}: "{message.description}" ({message.kind}) '
            "is not verified: only HTTP interactions are verified here."
            for message in pact.messages
        ),
        notices=selected.source.notices,
    )


def _verify_interaction(
    selected: SelectedPact, interaction: Interaction, session: VerificationSession
) -> InteractionResult:
    started = time.monotonic()
    if error := selected.errors.get(interaction.position):
        result = InteractionResult(interaction, InteractionStatus.ERROR, error=error)
    else:
        result = _execute(selected, interaction, session)
    if interaction.pending:
        result = _as_pending(result)
    return replace(result, seconds=time.monotonic() - started)


def _execute(
    selected: SelectedPact, interaction: Interaction, session: VerificationSession
) -> InteractionResult:
    session.states.begin()
    session.endpoint.begin()
    session.proxy.begin(interaction)
    try:
        ffi_result = verify_interaction(
            selected.source, interaction, session.provider_url, session.states_url, session.folder
        )
        token = session.states.token()
    finally:
        session.states.end()
    secrets = KnownSecrets(session.endpoint.values, token)
    return _evaluate(interaction, ffi_result, session, secrets)


def _evaluate(
    interaction: Interaction,
    ffi_result: Mapping[str, Any],
    session: VerificationSession,
    secrets: KnownSecrets,
) -> InteractionResult:
    exchange = session.proxy.exchange
    error = session.endpoint.failure or missing_value(interaction, session.endpoint.values)
    if not error and (exchange is None or exchange.status is None):
        error = str(
            (ffi_result.get("mismatch") or {}).get("message") or "the provider gave no answer"
        )
    if error or exchange is None or exchange.status is None:
        return InteractionResult(interaction, InteractionStatus.ERROR, error=secrets.text(error))
    shown = exchange.redacted(secrets)
    result = InteractionResult(
        interaction,
        InteractionStatus.PASSED,
        exchange=shown,
        curl=curl_command(shown.request_at(session.shown_url), secrets.names),
    )
    if ffi_result.get("result") == "OK":
        return result
    mismatch = ffi_result.get("mismatch") or {}
    mismatches = parse_mismatches(interaction, mismatch.get("mismatches") or ())
    return replace(
        result,
        status=InteractionStatus.FAILED if mismatches else InteractionStatus.ERROR,
        mismatches=tuple(_redacted(each, secrets) for each in mismatches),
        error="" if mismatches else secrets.text(str(mismatch.get("message", ""))),
        hint=_hint(interaction, exchange.status, token_replaced=exchange.token_replaced),
    )


def _redacted(mismatch: Mismatch, secrets: KnownSecrets) -> Mismatch:
    return replace(
        mismatch,
        expected=secrets.value(mismatch.expected, mismatch.path),
        actual=secrets.value(mismatch.actual, mismatch.path),
        text=secrets.body(mismatch.text),
    )


def _as_pending(result: InteractionResult) -> InteractionResult:
    passed = result.status is InteractionStatus.PASSED
    return result if passed else replace(result, status=InteractionStatus.PENDING)


def _hint(interaction: Interaction, status: int, *, token_replaced: bool) -> str:
    """What most likely is wrong on the consumer's side, where the answer shows it."""
    if status == interaction.response.status:
        return ""
    if status == 401 and interaction.request.header("authorization") is None:
        return "The request has no Authorization header: add `Bearer ...` to the interaction."
    if status == 401 and not token_replaced:
        return (
            "No state of the interaction names a user, so its token was sent as it is: "
            "add a state that does (`apiproof pact states`)."
        )
    if status == 403 and token_replaced:
        return "The user of the interaction's state may lack a scope: see its `scopes` parameter."
    if status == 500:
        return "The provider failed: its log says why."
    return ""
