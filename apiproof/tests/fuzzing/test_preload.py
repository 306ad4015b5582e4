"""What takes long is done once: describing an application, and what forked processes inherit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fastapi.applications
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from apiproof.cognito import keys
from apiproof.environment import Environment
from apiproof.fuzzing.preload import build_once
from apiproof.live import published_document, unpublished_document
from apiproof.service import Service


def make_app() -> FastAPI:
    """An application of its own for each environment."""
    app = FastAPI()

    @app.get("/rooms")
    def rooms() -> list[int]:
        return []

    return app


@contextmanager
def described(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How often applications describe themselves in a block."""
    times: list[int] = []
    original = get_openapi

    def counted(**about: Any) -> dict[str, Any]:
        times.append(1)
        return original(**about)

    with monkeypatch.context() as patch:
        patch.setattr(fastapi.applications, "get_openapi", counted)
        yield times


def test_an_application_describes_itself_once(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service(make_app, name="rooms", database=False)
    with described(monkeypatch) as times, Environment.open(service) as env:
        env.declared["paths"].clear()
        published = published_document(env.client)
        assert published is not None
        assert "/rooms" in published["paths"], "what is looked at is a copy"
    assert len(times) == 1


@pytest.mark.parametrize("is_mounted", [False, True])
def test_what_is_mounted_is_in_the_document_that_is_fuzzed(*, is_mounted: bool) -> None:
    def build() -> FastAPI:
        app = make_app()
        if is_mounted:
            app.mount("/inner", make_app())
        return app

    with Environment.open(Service(build, name="rooms", database=False)) as env:
        document = unpublished_document(env)
    if is_mounted:
        assert document is not None
        assert {"/rooms", "/inner/rooms"} <= document["paths"].keys()
    else:
        assert document is None  # the application publishes all there is


def test_a_document_of_no_environment_is_made_once_for_all_shards() -> None:
    made: list[dict[str, Any]] = []

    def document() -> dict[str, Any]:
        made.append(make_app().openapi())
        return made[-1]

    service = Service(make_app, name="rooms", database=False, make_document=document)
    inherited = build_once(service, None)
    before = len(made)
    documents = [inherited.document() for _ in range(3)]
    assert len(made) == before
    documents[0]["paths"].clear()
    assert "/rooms" in documents[1]["paths"]


def test_a_document_that_an_environment_may_be_in_is_made_anew() -> None:
    service = Service(make_app, name="rooms", database=False)
    assert build_once(service, None) is service


def test_keys_of_user_pools_are_made_once_for_all_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_spare", [])  # whatever tests before have left
    service = Service(make_app, name="rooms", database=False)
    build_once(service, None)
    monkeypatch.setattr(rsa, "generate_private_key", None)  # as in a forked process
    with Environment.open(service) as env:
        assert len(env.cognito.keys.jwks()["keys"]) == 2
