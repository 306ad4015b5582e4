"""Pact's verifier, one interaction at a time; the only module here that knows the pact library.

Source: pact-python 4.2 and pact_ffi 0.5. Its own reports pass on a provider that was never asked
(see `loading`), so nothing is believed here but an answer that the recording proxy has seen.
"""

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apiproof.pacts.reading import Interaction
from apiproof.pacts.reading.rules import plain_part
from apiproof.pacts.verify.loading import LoadedPact

REQUEST_TIMEOUT = 30_000  # milliseconds


def verify_interaction(
    source: LoadedPact, interaction: Interaction, provider_url: str, states_url: str, folder: Path
) -> Mapping[str, Any]:
    """Verify one interaction and return the verifier's result of it.

    Args:
        source: the pact.
        interaction: one of its interactions.
        provider_url: where the provider is, on the loopback interface.
        states_url: where its states are brought about.
        folder: for the pact file that the verifier reads.

    Returns:
        `interactionResults[0]` of pact_ffi, or what it says of the whole run where there is none.
    """
    os.environ["PACT_DO_NOT_TRACK"] = "true"  # nothing else silences the library's telemetry
    from pact import Verifier  # noqa: PLC0415 - loads a library of 30 MB

    logging.getLogger("pact").setLevel(logging.CRITICAL)  # what it logs is in the results

    path = folder / "pact.json"
    path.write_text(json.dumps(_alone(source, interaction)), encoding="utf-8")
    with _muted():
        verifier = Verifier(source.pact.provider, host=str(urlsplit(provider_url).hostname))
        verifier.add_transport(url=provider_url)
        verifier.add_source(path)
        verifier.state_handler(f"{states_url}/", body=True, teardown=False)
        verifier.set_request_timeout(REQUEST_TIMEOUT)
        verifier.set_coloured_output(enabled=False)
        # Clients follow redirects, unless the redirect is what they expect.
        verifier.follow_redirects(not 300 <= interaction.response.status < 400)
        with contextlib.suppress(RuntimeError):  # its text is "verification failed"
            verifier.verify()
        results = verifier.results
    reported = results.get("interactionResults") or []
    if len(reported) != 1:
        message = _general(results) or _unsupported(source.document)
        return {"result": "Error", "mismatch": {"type": "error", "message": message}}
    only: Mapping[str, Any] = reported[0]
    return only


def _alone(source: LoadedPact, interaction: Interaction) -> dict[str, Any]:
    """The same pact with this interaction only, in a form that the library understands.

    It knows neither pact-ruby's embedded matchers, nor what Java quotes, nor a query that begins
    with a question mark, and passes over an interaction of version 4 that names no type.
    """
    rest = {name: value for name, value in source.document.items() if name != "messages"}
    raw = dict(source.document["interactions"][interaction.position])
    for part in ("request", "response"):
        raw[part] = plain_part(raw[part])
    query = raw["request"].get("query")
    if isinstance(query, str):
        raw["request"] = {**raw["request"], "query": query.removeprefix("?")}
    if source.pact.version == 1:  # it has no rules; those of version 2 are a superset
        rest["metadata"] = {"pactSpecification": {"version": "2.0.0"}}
    if source.pact.version >= 4 and raw.get("type") is None:
        raw["type"] = "Synchronous/HTTP"
    return {**rest, "interactions": [raw]}


def _general(results: Mapping[str, Any]) -> str:
    for error in results.get("errors") or []:
        if message := (error.get("mismatch") or {}).get("message"):
            return str(message)
    return ""


def _unsupported(document: Mapping[str, Any]) -> str:
    metadata = document.get("metadata")
    plugins = metadata.get("plugins") if isinstance(metadata, Mapping) else None
    names = [
        str(each.get("name"))
        for each in (plugins if isinstance(plugins, list) else ())
        if isinstance(each, Mapping)
    ]
    if names:
        return f"the pact needs a plugin ({', '.join(names)}), and none can be installed here"
    return "the verifier did not send it"


@contextlib.contextmanager
def _muted() -> Iterator[None]:
    """Keep the library from writing its own report to the standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)
