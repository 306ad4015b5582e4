"""`nox -s bench -- hops`: through how many files of ours a way leads.

Counted are the distinct files of `api` or of the kit whose functions are entered on the way; what
starts the environment is not. The bounds are the design's. The forged-token probe and the pact
interaction meet a service in another process, as abroad; the interaction is counted from the
reading of its file to the verdict.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from apiproof.pacts.verify.loading import Filter
from apiproof.pacts.verify.results import InteractionStatus
from apiproof.pacts.verify.run import VerifyRequest, plan, verify
from apiproof.reporting.terminal import console, print_line
from tests.service import PASSWORD, SERVICE

ROOT = Path(__file__).parent.parent.parent
SERVICE_CODE = f"{ROOT / 'api'}{os.sep}"
KIT_CODE = str(ROOT / "apiproof" / "src")
# What an environment in this process puts beneath every connection: no part of a way abroad.
BENEATH = str(ROOT / "apiproof" / "src" / "apiproof" / "http" / "child")


@dataclass(frozen=True)
class Count:
    """The files that one way leads through, and how many the design admits."""

    name: str
    bound: int
    files: tuple[str, ...]


@contextmanager
def entered(*folders: str) -> Iterator[set[str]]:
    """The files below some folders whose functions are entered, in any thread."""
    found: set[str] = set()

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        name = frame.f_code.co_filename
        is_function = not frame.f_code.co_name.startswith("<module")
        if not is_function or name.startswith(BENEATH):
            return
        if event == "call" and name.startswith(folders):
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
    aws = env.aws  # made when it is first asked for
    return lambda: aws.sign_up(
        **pool, Username="hops", Password=PASSWORD, UserAttributes=attributes
    )


@contextmanager
def _served() -> Iterator[EnvironmentFile]:
    """The service in a process of its own, so that what answers is not counted."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "apiproof", "serve", "--service", "tests.service:SERVICE"]
        server = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--port", "0", "--ready-file", str(file)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        try:
            while not file.exists():
                if server.poll() is not None:
                    raise SystemExit(f"`apiproof serve` ended with {server.returncode}")
                time.sleep(0.1)
            yield EnvironmentFile.read(file)
        finally:
            server.terminate()
            server.wait()


def _forged_tokens(served: EnvironmentFile) -> Callable[[], object]:
    env = ControlClient(served)
    options = ProbeOptions(checks=("forged_tokens_rejected",))
    probe = probe_of(SERVICE, env, env.document, options)
    operation = next(o for o in operations(env.document) if o.operation_id == "read_me")
    return lambda: probe.exercise(operation)


def _interaction(served: EnvironmentFile) -> Callable[[], object]:
    request = VerifyRequest(
        names=(str(SERVICE.pacts),),
        wanted=Filter(description="a question who is logged in"),
        provider=SERVICE.name,
        provider_url=served.base_url,
        states_url=served.states_url,
    )

    def act() -> None:
        found = verify(plan(request, None), request, None, lambda _pact, _result: None)
        if found.statuses != {InteractionStatus.PASSED: 1}:
            raise SystemExit(f"the interaction was to pass: {found.summary}")

    return act


def counted(env: Environment) -> Iterator[Count]:
    """Count the files of every way.

    Args:
        env: An environment in this process.
    """
    yield _count("GET /users/me", 8, SERVICE_CODE, _me(env))
    yield _count("SignUp at the emulator", 8, KIT_CODE, _sign_up(env))
    with _served() as served:
        yield _count("Forged tokens at one operation", 15, KIT_CODE, _forged_tokens(served))
        yield _count("One pact interaction", 20, KIT_CODE, _interaction(served))


def _count(name: str, bound: int, folder: str, act: Callable[[], object]) -> Count:
    with entered(folder) as files:
        act()
    names = sorted(Path(file).relative_to(ROOT).as_posix() for file in files)
    return Count(name, bound, tuple(names))


def main(_arguments: Sequence[str] = ()) -> None:
    with Environment.open(SERVICE) as env:
        for one in counted(env):
            count = len(one.files)
            print_line(console, f"{one.name}: {count} files (the design's bound is {one.bound})")
            print_line(console, f"  {', '.join(one.files)}")
