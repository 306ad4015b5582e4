"""`nox -s bench -- hops`: through how many files of ours a way leads.

Counted are the distinct files of `api` or of the kit whose functions are entered on the way; what
starts the environment is not. The bounds are the design's; that of one pact interaction is
not counted yet. The forged-token probe meets a service in another process, as abroad.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

from apiproof.access import probe_of
from apiproof.access.options import ProbeOptions
from apiproof.control_client import ControlClient
from apiproof.environment import Environment
from apiproof.environment_file import EnvironmentFile
from apiproof.openapi.document import operations
from apiproof.reporting.terminal import console, print_line
from tests.service import PASSWORD, SERVICE

ROOT = Path(__file__).parent.parent.parent
SERVICE_CODE = f"{ROOT / 'api'}{os.sep}"
KIT_CODE = str(ROOT / "apiproof" / "src")


@contextmanager
def entered(*folders: str) -> Iterator[set[str]]:
    """The files below some folders whose functions are entered, in any thread."""
    found: set[str] = set()

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        name = frame.f_code.co_filename
        is_function = not frame.f_code.co_name.startswith("<module")
        if event == "call" and is_function and name.startswith(folders):
            found.add(name)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _me(env: Environment) -> Callable[[], object]:
    headers = {"Authorization": f"Bearer {env.new_account().access_token}"}
    env.client.request("GET", "/users/me", headers=headers)  # the keys are at hand
    return lambda: env.client.request("GET", "/users/me", headers=headers)


def _sign_up(env: Environment) -> Callable[[], object]:
    pool = {"ClientId": env.config.client_id, "SecretHash": env.cognito.secret_hash("hops")}
    attributes = [{"Name": "email", "Value": "hops@example.com"}]
    return lambda: env.aws.sign_up(
        **pool, Username="hops", Password=PASSWORD, UserAttributes=attributes
    )


def _probe(env: Environment) -> Callable[[], object]:
    probe = probe_of(SERVICE, env)
    operation = next(o for o in operations(env.document) if o.operation_id == "read_me")
    return lambda: probe.exercise(operation)


@contextmanager
def _served() -> Iterator[ControlClient]:
    """The service in a process of its own, so that what answers is not counted."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "apiproof", "serve", "--service", "tests.service:SERVICE"]
        server = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--ready-file", str(file)], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        try:
            while not file.exists():
                if server.poll() is not None:
                    raise SystemExit(f"`apiproof serve` ended with {server.returncode}")
                time.sleep(0.1)
            yield ControlClient(EnvironmentFile.read(file))
        finally:
            server.terminate()
            server.wait()


def _forged_tokens(env: ControlClient) -> Callable[[], object]:
    options = ProbeOptions(checks=("forged_tokens_rejected",))
    probe = probe_of(SERVICE, env, env.document, options)
    operation = next(o for o in operations(env.document) if o.operation_id == "read_me")
    return lambda: probe.exercise(operation)


WAYS = (
    ("GET /users/me", 8, (SERVICE_CODE,), _me),
    ("SignUp at the emulator", 8, (KIT_CODE,), _sign_up),
)


def main(_arguments: Sequence[str] = ()) -> None:
    with Environment.open(SERVICE) as env:
        for name, bound, folders, prepare in WAYS:
            _count(name, bound, folders, prepare(env))
    with _served() as control:
        _count("Forged tokens at one operation", 15, (KIT_CODE,), _forged_tokens(control))


def _count(name: str, bound: int, folders: tuple[str, ...], act: Callable[[], object]) -> None:
    with entered(*folders) as files:
        act()
    names = sorted(Path(file).relative_to(ROOT).as_posix() for file in files)
    print_line(console, f"{name}: {len(names)} files (the design's bound is {bound})")
    print_line(console, f"  {', '.join(names)}")
