"""A file that keeps what is in an emulator: pools, clients, users, sessions, keys, codes, messages.

The file is a line of text that says what follows and its checksum, then a pickle of the objects as
they are, so that nothing is forgotten. Only classes of the emulator and of moto's models are read
back, whatever the file says.
"""

import fcntl
import hashlib
import io
import itertools
import os
import pickle
from enum import Enum
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apiproof.cognito.backend import Backend
from apiproof.errors import UserError

_FORMAT = "apiproof cognito state 1"
_MODULES = ("apiproof.cognito.", "moto.cognitoidp.models")
_PLAIN = frozenset(
    {
        "_thread.allocate_lock", "builtins.set", "builtins.frozenset", "collections.OrderedDict",
        "collections.defaultdict", "copyreg._reconstructor", "datetime.datetime",
        "datetime.timedelta", "datetime.timezone", "builtins.object",
        "apiproof.cognito.state.private_key_of",
    }
)  # fmt: skip


class StateUnusable(UserError):
    """The state file is broken, of another version, or in use by another emulator."""


def private_key_of(pem: bytes) -> rsa.RSAPrivateKey:
    """Read a private key of a state file."""
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise pickle.UnpicklingError("not an RSA key")
    return key


class _Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, shared: dict[int, str]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._shared = shared

    def persistent_id(self, obj: Any) -> str | None:
        """Leave out what belongs to the running emulator."""
        return self._shared.get(id(obj))

    def reducer_override(self, obj: Any) -> Any:
        """Write keys as PEM, and locks as new ones."""
        if isinstance(obj, rsa.RSAPrivateKey):
            pem = obj.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            return private_key_of, (pem,)
        return (Lock, ()) if isinstance(obj, type(Lock())) else NotImplemented


def _member(kind: Any, name: Any) -> Any:
    """Give a member of an enumeration that is known, and no other attribute of anything."""
    if not (isinstance(kind, type) and issubclass(kind, Enum) and name in kind.__members__):
        raise pickle.UnpicklingError(f"{name!r} does not belong into a state file")
    return kind[name]


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: dict[str, Any]) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, pid: str) -> Any:
        """Put in what belongs to the running emulator."""
        return self._shared[pid]

    def find_class(self, module: str, name: str) -> Any:
        """Give a class of the emulator or of moto's models, and nothing else."""
        if (module, name) == ("builtins", "getattr"):
            return _member  # how Python before 3.11.4 writes members of enumerations
        found = getattr(import_module(module), name) if self._is_known(module, name) else None
        if f"{module}.{name}" not in _PLAIN and not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} does not belong into a state file")
        return found

    @staticmethod
    def _is_known(module: str, name: str) -> bool:
        return f"{module}.{name}" in _PLAIN or (module.startswith(_MODULES) and "." not in name)


class StateFile:
    """Where one emulator keeps its state; no other may use the file meanwhile.

    Args:
        path: the file; made when first saved.
        backend: what is kept.

    Raises:
        StateUnusable: another emulator uses the file, or it cannot be written.
    """

    def __init__(self, path: Path, backend: Backend) -> None:
        self._path = path
        self._backend = backend
        self._saved = b""
        self._turn = Lock()
        self._tickets = itertools.count(1)
        self._last_ticket = self._covered = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise StateUnusable(f"{path} is in use by another emulator: stop that one.") from error
        except OSError as error:
            raise StateUnusable(f"{path} cannot be written: {error.strerror}.") from error

    def close(self) -> None:
        """Let another emulator use the file."""
        os.close(self._lock)

    def load(self) -> bool:
        """Fill the emulator from the file; False if there is none yet.

        Raises:
            StateUnusable: it is broken, or of another version.
        """
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StateUnusable(f"{self._path} cannot be read: {error.strerror}.") from error
        data = self._checked(content)
        context = self._backend.context
        shared = {"backend": self._backend, "context": context, "clock": context.clock}
        try:
            state = _Reader(io.BytesIO(data), shared).load()
            self._backend.restore(state)
        except Exception as error:
            raise StateUnusable(
                f"{self._path} cannot be read ({type(error).__name__}): move it away to begin anew."
            ) from error
        self._saved = data
        return True

    def _checked(self, content: bytes) -> bytes:
        head, _, data = content.partition(b"\n")
        if head.startswith(_FORMAT.encode()) and not head.startswith(self._version()):
            written_by = head.decode(errors="replace").rpartition(" ")[0]
            raise StateUnusable(
                f"{self._path} is of another version ({written_by}): move it away to begin anew."
            )
        if head != self._head(data):
            raise StateUnusable(f"{self._path} is no state file, or broken: move it away.")
        return data

    @staticmethod
    def _version() -> bytes:
        return f"{_FORMAT}, apiproof {version('apiproof')}, moto {version('moto')}, ".encode()

    @classmethod
    def _head(cls, data: bytes) -> bytes:
        return cls._version() + hashlib.sha256(data).hexdigest().encode()

    def save(self) -> None:
        """Write the state, if it has changed; readers and kills never meet half a file.

        Callers that wait for their turn are served by one write: it holds what each of them did.
        """
        self._last_ticket = ticket = next(self._tickets)
        with self._turn:
            if ticket > self._covered:
                self._write()

    def _write(self) -> None:
        context = self._backend.context
        shared = {id(self._backend): "backend", id(context): "context", id(context.clock): "clock"}
        buffer = io.BytesIO()
        with context.lock:
            covered = self._last_ticket
            _Writer(buffer, shared).dump(self._backend.state())
        data = buffer.getvalue()
        if data != self._saved:
            write_atomically(self._path, self._head(data) + b"\n" + data)
            self._saved = data
        self._covered = covered


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file for its owner alone: readers never see half of it.

    It is not forced onto the disk: the death of the process loses nothing, that of the machine may.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)
