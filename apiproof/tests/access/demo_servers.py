"""The demo applications, probed: each with people made at will, and a flaw if so wished."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from apiproof.access import THOROUGH, AccessReport, Probe, ProbeOptions
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.jwt import Scheme
from tests.apps import boards, forums, library, planner, planner_shapes, tokens
from tests.apps.residents import Residents

Stand = tuple[FastAPI, Residents]


def planner_stand(flaw: str = "") -> Stand:
    store = planner_shapes.Store()

    def settle(name: str) -> dict[str, str]:
        store.users[name] = planner.PASSWORD
        return {"username": name}

    def credential(name: str, _scheme: Scheme, _scopes: tuple[str, ...]) -> str:
        token = secrets.token_urlsafe(24)
        store.sessions[token] = name
        return token

    return planner.create_planner(flaw, store), Residents(settle, credential, store.disabled.add)


def library_stand(flaw: str = "") -> Stand:
    store = library.Store()

    def settle(name: str) -> dict[str, str]:
        store.key_of(name)
        return {"sub": name}

    def credential(name: str, scheme: Scheme, scopes: tuple[str, ...]) -> str:
        return store.key_of(name) if scheme.kind == "apiKey" else tokens.mint(name, scopes)

    users = Residents(settle, credential, store.disabled.add, tokens.forgery)
    return library.create_library(flaw, store), users


def boards_stand(flaw: str = "") -> Stand:
    store = boards.Store()
    return boards.create_boards(flaw, store), _with_tokens(store.disabled)


def forum_stand(flaw: str = "") -> Stand:
    store = forums.Store()
    return forums.create_forum(flaw, store), _with_tokens(store.disabled)


def _with_tokens(disabled: set[str]) -> Residents:
    """People who are known by their tokens alone."""
    return Residents(
        lambda name: {"sub": name},
        lambda name, _scheme, scopes: tokens.mint(name, scopes),
        disabled.add,
        tokens.forgery,
    )


STANDS: dict[str, Callable[[str], Stand]] = {
    "planner": planner_stand,
    "library": library_stand,
    "boards": boards_stand,
    "forum": forum_stand,
}
APPLICATIONS = {"planner": planner, "library": library, "boards": boards, "forum": forums}
FLAWS = {
    f"{name}-{flaw}": (name, flaw, *expected.split("/"))
    for name, application in APPLICATIONS.items()
    for flaw, expected in application.FLAWS.items()
}


@contextmanager
def running(
    name: str, flaw: str = "", options: ProbeOptions = THOROUGH
) -> Iterator[tuple[Probe, HttpClient]]:
    """Run a demo application in-process, with a probe of it."""
    app, users = STANDS[name](flaw)
    with AsgiClient(app) as client:
        yield Probe(app.openapi(), users, client, options=options), client


def probed(name: str, flaw: str = "") -> AccessReport:
    """Probe a demo application."""
    with running(name, flaw) as (probe, _):
        return probe.run()
