"""`nox -s bench -- load`: the API under load, beside bare Starlette endpoints in the same run.

Requests per second, median and 99th percentile of the answer times, and errors, at 1, 8, 64 and 256
keep-alive clients; then a burst of 1,000 clients, and 64 right afterwards. Each figure is from a
machine that does other things too: read the ratios. "by CPU" compares the processor time of
requests, which changes little with what else the machine does.
"""

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from rich.table import Table

from apiproof.environment import Environment
from apiproof.http.process import ServerProcess
from apiproof.reporting.terminal import console
from apiproof.service import Account
from tests.bench.burst import burst
from tests.bench.load_clients import Load, Request, run, tool
from tests.service import SERVICE

CLIENTS = (1, 8, 64, 256)
BURST = 1000
OPERATIONS = ("GET /randoms", "POST /randoms", "login")
ITEMS = 20
WARM_UP = 1.0  # seconds
LONGEST = 3600  # seconds


def _requests(user: Account) -> dict[str, Request]:
    bearer = {"Authorization": f"Bearer {user.access_token}"}
    form = urlencode({"username": user.username, "password": user.password})
    json = {**bearer, "Content-Type": "application/json"}
    as_form = {"Content-Type": "application/x-www-form-urlencoded"}
    requests = (
        Request("GET", "/randoms", bearer),
        Request("POST", "/randoms", json, '{"min_value": 1, "max_value": 6}'),
        Request("POST", "/users/login", as_form, form),
    )
    return dict(zip(OPERATIONS, requests, strict=True))


@contextlib.contextmanager
def _servers() -> Iterator[tuple[ServerProcess, ServerProcess, Account]]:
    """The API and the bare endpoints on the same database and user pool, and a user with items."""
    with Environment.open(SERVICE, http=True) as env:
        user = env.new_account()
        bearer = {"Authorization": f"Bearer {user.access_token}"}
        for _ in range(ITEMS):
            body = {"min_value": 1, "max_value": 6}
            env.client.request("POST", "/randoms", json=body, headers=bearer)
        assert SERVICE.environment_variables
        variables = {**SERVICE.environment_variables(env.config)}
        secret = {"BENCH_SECRET_HASH": env.cognito.secret_hash(user.username)}
        with (
            ServerProcess("api.main:app", variables) as ours,
            ServerProcess("tests.bench.bare:app", {**variables, **secret}) as bare,
        ):
            yield ours, bare, user


@dataclass(frozen=True)
class Measured:
    """A load, and the processor time that the server took for each request, in seconds."""

    load: Load
    cpu: float


def _measure(server: ServerProcess, request: Request, clients: int, seconds: float) -> Measured:
    before = server.cpu_seconds
    load = run(server.url, request, clients=clients, seconds=seconds)
    return Measured(load, (server.cpu_seconds - before) / max(load.requests, 1))


def _row(table: Table, name: str, clients: int, api: Measured, limit: Measured) -> None:
    ours, bare = api.load, limit.load
    table.add_row(
        name,
        str(clients),
        f"{ours.per_second:.0f}",
        f"{bare.per_second:.0f}",
        f"{ours.per_second / bare.per_second:.0%}",
        f"{limit.cpu / api.cpu:.0%}" if api.cpu else "-",
        f"{ours.p50 * 1000:.1f}",
        f"{ours.p99 * 1000:.1f}",
        f"{ours.p99 / ours.p50:.1f}" if ours.p50 else "-",
        _errors(ours) + (f"; bare {_errors(bare)}" if bare.errors else ""),
    )


def _errors(load: Load) -> str:
    if not load.requests:
        return "no answer"
    if not load.errors:
        return "0"
    codes = ", ".join(f"{n} x {code}" for code, n in load.statuses.items() if code >= 400)
    return f"{load.errors} ({codes or 'connections'})"


def _burst(url: str, request: Request, seconds: float) -> None:
    for clients in (BURST, 64):
        told = burst(url, request, clients=clients, seconds=seconds)
        console.print(f"{clients} clients at once, {seconds:.0f} s: {told}.")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 1 <= seconds <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {LONGEST}")
    return seconds


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench -- load")
    parser.add_argument("--seconds", type=_seconds, default=5, help="of each measurement (5)")
    parser.add_argument("--only", default="", help="part of an operation's name, as in the table")
    options = parser.parse_args(arguments)
    if not any(options.only in name for name in OPERATIONS):
        parser.error(f"--only {options.only}: choose from {', '.join(OPERATIONS)}")
    table = Table(title=f"Load by {tool()}, {options.seconds:.0f} s each; ms are the API's")
    table.add_column("operation", no_wrap=True)
    for column in ("clients", "API/s", "bare/s", "of bare", "by CPU", "p50", "p99", "p99/p50"):
        table.add_column(column, justify="right")
    table.add_column("errors", overflow="fold")
    with _servers() as (ours, bare, user):
        chosen = {name: r for name, r in _requests(user).items() if options.only in name}
        for name, request in chosen.items():
            for server in (ours, bare):
                run(server.url, request, clients=8, seconds=WARM_UP)
            for clients in CLIENTS:
                both = [
                    _measure(server, request, clients, options.seconds) for server in (ours, bare)
                ]
                _row(table, name, clients, *both)
        console.print(table)
        _burst(ours.url, _requests(user)["GET /randoms"], options.seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
