"""What MiniStack answers to the behaviours of SUPPORT.md, kept in ministack.json.

    python -m tests.cognito.ministack PATH VERSION   # of the command `ministack`

`nox -s ministack` installs it into an environment of its own and runs this. SUPPORT.md shows what
is kept: its check needs neither MiniStack nor a network.
"""

import contextlib
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from apiproof.cognito import PoolSettings
from apiproof.cognito.botocore_hook import make_client
from tests.cognito.bench import Bench
from tests.cognito.pools import Handler, Pool
from tests.cognito.support import MINISTACK, kept, outcomes

START = 60.0  # seconds


class MiniStackPool(Pool):
    """A pool of MiniStack: it accepts any code, has no clock to move, and runs no trigger here."""

    def __init__(self, settings: PoolSettings, url: str, aws: Any) -> None:
        self._url = url
        self.region = settings.region
        self.aws = aws
        self.id = aws.create_user_pool(**settings.pool_parameters())["UserPool"]["Id"]
        client = aws.create_user_pool_client(UserPoolId=self.id, **settings.client_parameters())
        self.client_id = client["UserPoolClient"]["ClientId"]
        self.client_secret = client["UserPoolClient"].get("ClientSecret", "")

    def reset(self) -> None:
        named = {"UserPoolId": self.id}
        for user in self.aws.list_users(**named)["Users"]:
            self.aws.admin_delete_user(**named, Username=user["Username"])
        for group in self.aws.list_groups(**named)["Groups"]:
            self.aws.delete_group(**named, GroupName=group["GroupName"])

    def code(self, username: str, purpose: str = "sign-up") -> str:  # noqa: ARG002 - any will do
        return "123456"

    def advance(self, by: timedelta) -> None:
        """MiniStack lives in real time."""

    def trigger(self, handler: Handler) -> None:
        """MiniStack runs functions that were uploaded to it."""

    def attach(self, name: str, handler: Handler) -> None:
        """MiniStack runs functions that were uploaded to it."""

    def jwks(self, pool_id: str | None = None) -> dict[str, Any]:
        answer = requests.get(f"{self._url}/{pool_id or self.id}/.well-known/jwks.json", timeout=5)
        if answer.status_code != 200:
            raise LookupError(answer.status_code)
        document: dict[str, Any] = answer.json()
        return document


class MiniStackBench(Bench):
    """Hands out pools of a running MiniStack."""

    name = "MiniStack"

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = functools.cache(lambda region: make_client(region, url))
        self._pools: dict[str, MiniStackPool] = {}

    def pool(self, **settings: Any) -> MiniStackPool:
        wanted = PoolSettings(**settings)
        if repr(wanted) not in self._pools:
            aws = self._client(wanted.region)
            self._pools[repr(wanted)] = MiniStackPool(wanted, self._url, aws)
        pool = self._pools[repr(wanted)]
        pool.reset()
        return pool


@contextlib.contextmanager
def running(command: str) -> Iterator[str]:
    """Run MiniStack on a free port, in a folder of its own; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    variables = os.environ | {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("wb") as log:
        server = subprocess.Popen(  # noqa: S603 - the command that the caller names
            [command], cwd=folder, env=variables, stdout=log, stderr=log
        )
        try:
            _wait(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(10)


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            requests.get(url, timeout=5)
            return
        time.sleep(0.2)
    raise RuntimeError("MiniStack did not start.")


def main(arguments: list[str]) -> int:
    """Run the behaviours and keep what was seen."""
    if len(arguments) != 2:
        sys.stderr.write("Name the command ministack and its version.\n")
        return 2
    command, version = arguments
    with running(command) as url:
        seen = kept(outcomes(contextlib.nullcontext(MiniStackBench(url))))
    document = {"version": version, "seen": seen}
    MINISTACK.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
