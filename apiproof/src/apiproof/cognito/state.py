"""A file that keeps what is in an emulator: pools, clients, users, sessions, keys, codes, messages.

The file is a line of text that says what follows and its checksum, then a pickle of the objects as
they are, so that nothing is forgotten. Only classes of the emulator and of moto's models are read
back, whatever the file says.
"""

import fcntl
import hashlib
import io
import itertools
import logging
import os
import pickle
import time
from enum import Enum
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apiproof.cognito.backend import Backend
from apiproof.errors import UserError

log = logging.getLogger(__name__)

_FORMAT = "apiproof cognito state 4"
_MODULES = ("apiproof.cognito.", "moto.cognitoidp.models")
_PLAIN = frozenset(
    {
        "_thread.allocate_lock", "builtins.set", "builtins.frozenset", "collections.OrderedDict",
        "collections.defaultdict", "copyreg._reconstructor", "datetime.datetime",
        "datetime.timedelta", "datetime.timezone", "builtins.object",
        "apiproof.cognito.state.private_key_of",
    }
)  # fmt: skip
# How long a write may take for answers to wait for it, and the longest share of the time that
# writing takes beyond: a tenth.
_PATIENCE = 0.025  # seconds of processor time
_SHARE = 10


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

    def reducer_override(self, obj: Any) -> Any:
        """Leave out what belongs to the running emulator; keys are PEM, and locks new ones."""
        # Not persistent_id: it is asked for every text and number, which takes thrice as long.
        if (name := self._shared.get(id(obj))) is not None:
            return shared_object, (name,)
        if isinstance(obj, rsa.RSAPrivateKey):
            pem = obj.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            return private_key_of, (pem,)
        return (Lock, ()) if isinstance(obj, type(Lock())) else NotImplemented


def shared_object(name: str) -> Any:
    """Stand in a state file for what belongs to the running emulator; its reader puts that in."""
    raise pickle.UnpicklingError(f"{name} belongs to a running emulator")


def _member(kind: Any, name: Any) -> Any:
    """Give a member of an enumeration that is known, and no other attribute of anything."""
    if not (isinstance(kind, type) and issubclass(kind, Enum) and name in kind.__members__):
        raise pickle.UnpicklingError(f"{name!r} does not belong into a state file")
    return kind[name]


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: dict[str, Any]) -> None:
        super().__init__(file)
        self._shared = shared

    def find_class(self, module: str, name: str) -> Any:
        """Give a class of the emulator or of moto's models, and nothing else."""
        if (module, name) == (__name__, shared_object.__name__):
            return self._shared.__getitem__
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

    Answers wait for the file as long as a write takes `_PATIENCE` at most: then nothing that was
    answered is ever lost. A larger state is written after the answers, so that writing takes a
    tenth of the time; what a kill loses is told in the log.

    Args:
        path: the file; made when first saved.
        backend: what is kept.

    Raises:
        StateUnusable: another emulator uses the file, or it cannot be written.
    """

    def __init__(self, path: Path, backend: Backend) -> None:
        # Links are followed, so that two names of one file are not two files.
        self._path = path = path.resolve()
        self._backend = backend
        self._saved = b""
        self._cost, self._written_at = 0.0, 0.0
        self._turn = Lock()
        self._due, self._closing = Event(), Event()
        self._writer: Thread | None = None
        self._tickets = itertools.count(1)
        self._last_ticket = self._covered = 0
        if path.exists() and not path.is_file():
            raise StateUnusable(f"{path} cannot be used: it is no file.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise StateUnusable(f"{path} is in use by another emulator: stop that one.") from error
        except OSError as error:
            raise StateUnusable(f"{path} cannot be written: {error.strerror}.") from error

    def close(self, *, keep: bool) -> None:
        """Let another emulator use the file, after a last write if the state is to be kept."""
        self._closing.set()
        self._due.set()
        if self._writer is not None:
            self._writer.join()
        try:
            if keep:
                self._save_now()
        finally:
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
        """Write the state, if it has changed: now, or soon if it is large.

        Readers, kills and power cuts never meet half a file.

        Raises:
            StateUnusable: the file cannot be written any more.
        """
        if self._cost <= _PATIENCE:
            self._save_now()
            return
        if self._writer is None:
            log.warning(
                "%s takes %d ms to write: it is written after answers from now on, up to %.1f s "
                "later, and at the end.",
                self._path, 1000 * self._cost, _SHARE * self._cost,
            )  # fmt: skip
            self._writer = Thread(target=self._write_when_due, daemon=True)
            self._writer.start()
        self._due.set()

    def _write_when_due(self) -> None:
        while self._due.wait() and not self._closing.is_set():
            pause = self._written_at + _SHARE * self._cost - time.monotonic()
            if self._closing.wait(max(pause, 0)):
                return
            self._due.clear()
            try:
                self._save_now()
            except StateUnusable as error:
                log.error("%s", error)  # noqa: TRY400 - one line says all

    def _save_now(self) -> None:
        """Write; those who wait for their turn are served by one write that holds all they did."""
        self._last_ticket = ticket = next(self._tickets)
        with self._turn:
            if ticket > self._covered:
                self._write()

    def _write(self) -> None:
        begun, context = time.thread_time(), self._backend.context
        shared = {id(self._backend): "backend", id(context): "context", id(context.clock): "clock"}
        buffer = io.BytesIO()
        with context.lock:
            covered = self._last_ticket
            _Writer(buffer, shared).dump(self._backend.state())
        data = buffer.getvalue()
        if data != self._saved:
            try:
                write_atomically(self._path, self._head(data) + b"\n" + data)
            except OSError as error:
                raise StateUnusable(f"{self._path} cannot be written: {error.strerror}.") from error
            self._saved = data
        self._covered = covered
        self._cost, self._written_at = time.thread_time() - begun, time.monotonic()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file for its owner alone: nobody ever reads half of it, after a power cut neither.

    The draft is on the disk before it takes the file's name, and then the name is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")  # of one name: killed writers leave one at most
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
