"""An emulator alone, for people and other languages: a port, a ready file, and what was sent.

It waits to be interrupted; the command line is elsewhere.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from apiproof.cognito.context import Handler, Message
from apiproof.cognito.emulator import Cognito
from apiproof.cognito.errors import CognitoError, UsernameExists
from apiproof.cognito.settings import PoolSettings
from apiproof.cognito.settings_files import SeedUser, SettingsUnusable
from apiproof.cognito.state import write_atomically
from apiproof.errors import UserError


class UserUnusable(UserError):
    """A user to begin with breaks a rule of the pool."""


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


@dataclass(frozen=True)
class Served:
    """How an emulator is served.

    Attributes:
        port: where to listen; 0 for any free port.
        host: the address to listen at.
        users: who is there from the beginning, unless the state file has them.
        state: the file that keeps everything, if any.
        ready_file: written, for its owner alone, once it answers; removed at the end.
        triggers: Lambda triggers by their names in LambdaConfig.
    """

    port: int = 0
    host: str = "127.0.0.1"
    users: Sequence[SeedUser] = ()
    state: Path | None = None
    ready_file: Path | None = None
    triggers: Mapping[str, Handler] = field(default_factory=dict)


@contextlib.contextmanager
def served(settings: PoolSettings | None = None, **options: Any) -> Iterator[Cognito]:
    """Serve an emulator over HTTP until the block ends.

    Args:
        settings: what the pool is like.
        **options: attributes of `Served`.

    Raises:
        HostUnusable: this machine has no such address.
        PortTaken: another program listens on the port.
        SettingsUnusable: settings contradict each other.
        StateUnusable: the state file is broken, or in use.
        UserUnusable: one of the users breaks a rule of the pool.
    """
    how = Served(**options)
    try:
        started = Cognito.start(settings, http=True, port=how.port, host=how.host, state=how.state)
    except CognitoError as error:
        raise SettingsUnusable(error.message) from error
    with started as cognito:
        cognito.triggers.update(how.triggers)
        for user in how.users:
            _add(cognito, user)
        cognito.save()
        if how.ready_file is not None:
            content = json.dumps(describe(cognito), indent=2) + "\n"
            write_atomically(how.ready_file, content.encode())
        try:
            yield cognito
        finally:
            if how.ready_file is not None:
                how.ready_file.unlink(missing_ok=True)


def serve(
    settings: PoolSettings | None = None, *, tell: Callable[[str], None], **options: Any
) -> None:
    """Serve an emulator until KeyboardInterrupt, and tell what it would have mailed.

    Args:
        settings: as in `served`.
        tell: called with one line at a time, e.g. `print`.
        **options: as in `served`.
    """
    with (
        contextlib.suppress(KeyboardInterrupt),
        served(settings, **options) as cognito,
    ):
        cognito.outbox.listen(lambda message: tell(word(message)))
        tell(
            f"Cognito user pool {cognito.user_pool_id} at {cognito.endpoint_url}, "
            f"app client {cognito.client_id} ({cognito.client_kind})"
        )
        Event().wait()


def _add(cognito: Cognito, user: SeedUser) -> None:
    """Create a user who is to be there from the beginning."""
    try:
        cognito.add_user(user.username, user.password, user.attributes, temporary=user.temporary)
    except UsernameExists:
        return  # the state file has them
    except CognitoError as error:
        raise UserUnusable(f"User {user.username}: {error.message}") from error
    for name in user.groups:
        cognito.add_to_group(user.username, name)
