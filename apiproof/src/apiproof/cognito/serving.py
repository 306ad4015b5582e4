"""An emulator alone, for people and other languages: a port, a ready file, and what was sent.

It waits to be interrupted; the command line is elsewhere.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event

from apiproof.cognito.context import Handler, Message
from apiproof.cognito.emulator import Cognito
from apiproof.cognito.settings import PoolSettings


def describe(cognito: Cognito) -> dict[str, str]:
    """Tell where a served emulator is: the contents of its ready file."""
    endpoint = cognito.endpoint_url or ""
    return {
        "endpoint_url": endpoint,
        "control_url": f"{endpoint}/_apiproof",
        "jwks_url": cognito.jwks_url,
        "issuer": cognito.issuer,
        "region": cognito.region,
        "user_pool_id": cognito.user_pool_id,
        "client_id": cognito.client_id,
        "client_secret": cognito.client_secret,
    }


def word(message: Message) -> str:
    """Put a message into one line, for a terminal."""
    return f"{message.purpose} code for {message.username} <{message.destination}>: {message.code}"


@contextlib.contextmanager
def served(
    settings: PoolSettings | None = None,
    *,
    port: int = 0,
    ready_file: Path | None = None,
    triggers: Mapping[str, Handler] | None = None,
) -> Iterator[Cognito]:
    """Serve an emulator over HTTP until the block ends.

    Args:
        settings: what the pool is like.
        port: where to listen; 0 for any free port.
        ready_file: written, for its owner alone, once it answers; removed at the end.
        triggers: Lambda triggers by their names in LambdaConfig.

    Raises:
        PortTaken: another program listens on the port.
    """
    with Cognito.start(settings, http=True, port=port) as cognito:
        cognito.triggers.update(triggers or {})
        if ready_file is not None:
            _write(ready_file, json.dumps(describe(cognito), indent=2) + "\n")
        try:
            yield cognito
        finally:
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)


def serve(
    settings: PoolSettings | None = None,
    *,
    port: int = 0,
    ready_file: Path | None = None,
    triggers: Mapping[str, Handler] | None = None,
    tell: Callable[[str], None],
) -> None:
    """Serve an emulator until KeyboardInterrupt, and tell what it would have mailed.

    Args:
        settings: as in `served`.
        port: as in `served`.
        ready_file: as in `served`.
        triggers: as in `served`.
        tell: called with one line at a time, e.g. `print`.
    """
    with (
        contextlib.suppress(KeyboardInterrupt),
        served(settings, port=port, ready_file=ready_file, triggers=triggers) as cognito,
    ):
        cognito.outbox.listen(lambda message: tell(word(message)))
        tell(f"Cognito user pool {cognito.user_pool_id} at {cognito.endpoint_url}")
        Event().wait()


def _write(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner alone: readers never see half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
