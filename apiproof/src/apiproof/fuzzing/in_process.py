"""The Schemathesis command line in this process, at an application in this process.

No socket, no second process and no control API between them: a third of the processor time of a
case. What only a real server shows stays with the served run (`apiproof fuzz` without workers).

Source: schemathesis 4.32, transport/requests.py: every session that it sends cases with is a
`SameHostRedirectsSession`. apiproof/tests/fuzzing/test_in_process.py says if that has changed.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.adapters import HTTPAdapter
from schemathesis import cli
from schemathesis.config import ReportsConfig
from schemathesis.transport.requests import SameHostRedirectsSession

from apiproof.fuzzing.recording import recorder_of
from apiproof.fuzzing.reports import redact_reports
from apiproof.fuzzing.shards import Shard
from apiproof.fuzzing.step import Events
from apiproof.http.client import BASE_URL, REQUEST_TIMEOUT

if TYPE_CHECKING:  # hooks of a served run import this module, and nothing that an environment needs
    from apiproof.environment import Environment

_LOOK_EVERY: Final = 1.0  # seconds
_KEPT_SETTINGS: Final = ("directory", "preserve-bytes")


@dataclass(frozen=True)
class InProcessRun:
    """What Schemathesis' hooks are to serve.

    Attributes:
        env: the environment in this process.
        shard: the part of a run that this process does; None for all of it.
    """

    env: Environment
    shard: Shard | None


_current: InProcessRun | None = None


def current_run() -> InProcessRun | None:
    """The run of this process, for the hooks; None where Schemathesis runs by itself."""
    return _current


class _Lent(HTTPAdapter):
    """An application's transport that sessions come and go from, and none of them closes."""

    def __init__(self, env: Environment) -> None:
        super().__init__()
        self._inner = env.client.get_adapter(BASE_URL)
        self.busy: tuple[float, str] | None = None  # since when on the monotonic clock, with what

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]  # the arguments concern sockets
        self.busy = time.monotonic(), f"{request.method} {request.path_url.partition('?')[0]}"
        try:
            return self._inner.send(request, **options)
        finally:
            self.busy = None

    def close(self) -> None:
        """Leave the application running."""


@contextlib.contextmanager
def _sessions_end_at(adapter: HTTPAdapter) -> Iterator[None]:
    original = SameHostRedirectsSession.__init__

    def mounted(self: requests.Session) -> None:
        original(self)
        self.trust_env = False  # nothing here has a proxy, and looking for one costs each request
        self.mount(BASE_URL, adapter)

    SameHostRedirectsSession.__init__ = mounted  # type: ignore[method-assign]
    try:
        yield
    finally:
        SameHostRedirectsSession.__init__ = original  # type: ignore[method-assign]


@contextlib.contextmanager
def _without_configured_reports() -> Iterator[None]:
    """Let Schemathesis write no file but those that its command line names.

    Shards run side by side and would write the same ones of schemathesis.toml.
    """
    original = ReportsConfig.__dict__["from_dict"]

    def from_dict(cls: type[ReportsConfig], data: dict[str, Any]) -> ReportsConfig:
        kept = {name: data[name] for name in _KEPT_SETTINGS if name in data}
        found: ReportsConfig = original.__get__(None, cls)(kept)
        return found

    ReportsConfig.from_dict = classmethod(from_dict)  # type: ignore[assignment]
    try:
        yield
    finally:
        ReportsConfig.from_dict = original  # type: ignore[method-assign]


@contextlib.contextmanager
def _watched(adapter: _Lent, give_up: Callable[[str], None]) -> Iterator[None]:
    """Call `give_up` with what a request was when one is not answered within its time."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_EVERY):
            busy = adapter.busy
            if busy is not None and time.monotonic() - busy[0] > REQUEST_TIMEOUT:
                give_up(busy[1])

    thread = threading.Thread(target=watch, name="in-process-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def run_in_process(
    env: Environment,
    shard: Shard | None,
    arguments: Sequence[str],
    found: Events,
    give_up: Callable[[str], None],
) -> int:
    """Run the Schemathesis command line at an environment of this process; returns its exit code.

    It can be called once in a process: Schemathesis keeps what hooks register.

    Args:
        env: the environment.
        shard: the part of a run that is meant; None for all of it.
        arguments: those of the command line.
        found: gets what the run's events say.
        give_up: is called, in another thread, where the application answers a request within no
            time: nothing can take the thread back from it.
    """
    global _current  # noqa: PLW0603  # hooks are imported by name and get no argument
    adapter = _Lent(env)
    cli.handler()(recorder_of(found))
    _current = InProcessRun(env, shard)
    started = time.time()
    try:
        with (
            _sessions_end_at(adapter),
            _without_configured_reports(),
            _watched(adapter, give_up),
        ):
            cli.schemathesis.main(list(arguments), prog_name="schemathesis")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        _current = None
        redact_reports(started, arguments)
