"""The ready file: where a running environment is and who lives in it, as JSON for any language.

It holds passwords and tokens of invented users of a throw-away environment, and the secret of its
control API, so only its owner may read it.
"""

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from apiproof.errors import UNREADABLE, UserError
from apiproof.service import Account

DEFAULT_PATH = Path(".apiproof/ready.json")


class ReadyFileMissing(UserError):
    """There is no readable ready file; the text says how to get one."""


class ReadyFileInUse(UserError):
    """The ready file is that of an environment that runs."""


class ReadyFileNotWritten(UserError):
    """The ready file cannot be written."""


@dataclass(frozen=True)
class EnvironmentFile:
    """The contents of a ready file; URLs are absolute, on the loopback interface."""

    base_url: str
    openapi_url: str
    cognito_endpoint: str
    jwks_url: str
    region: str
    user_pool_id: str
    client_id: str
    client_secret: str = field(repr=False)
    database_url: str = field(repr=False)
    control_url: str
    control_secret: str = field(repr=False)
    states_url: str = field(repr=False)
    service: str
    issuer: str
    users: tuple[Account, ...]
    folder: str = ""  # the project's, for programs that run elsewhere

    def write(self, path: Path) -> None:
        """Write the file atomically, readable by its owner alone."""
        try:
            self._write(path)
        except OSError as error:
            raise ReadyFileNotWritten(
                f"The ready file {path} cannot be written ({error.strerror}): free some space "
                "there, or run in a folder that can be written."
            ) from None

    def remove(self, path: Path) -> None:
        """Remove the file, unless another environment has written it since."""
        with contextlib.suppress(OSError, ReadyFileMissing):
            if self.read(path).control_secret == self.control_secret:
                path.unlink()

    def _write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(self), file, indent=2)
                file.write("\n")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)  # half of it, where the disk is full: it holds secrets

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """Read a ready file.

        Args:
            path: Defaults to `APIPROOF_READY_FILE`, then to `.apiproof/ready.json`.

        Raises:
            ReadyFileMissing: There is none, or it is not one.
        """
        chosen = path or Path(os.environ.get("APIPROOF_READY_FILE", DEFAULT_PATH))
        try:
            values: dict[str, Any] = json.loads(chosen.read_text(encoding="utf-8"))
            users = tuple(
                Account(**{**user, "scopes": tuple(user["scopes"])}) for user in values.pop("users")
            )
            return cls(users=users, **values)
        except FileNotFoundError:
            raise ReadyFileMissing(
                f"No ready file at {chosen}. Start `apiproof serve` in this folder first, "
                "or name its file in APIPROOF_READY_FILE."
            ) from None
        except (*UNREADABLE, KeyError, TypeError) as error:
            raise ReadyFileMissing(
                f"{chosen} is not a ready file ({type(error).__name__}). "
                "Stop the server and start `apiproof serve` again to have it rewritten."
            ) from None
