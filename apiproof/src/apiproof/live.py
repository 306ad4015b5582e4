"""A live environment: the service over HTTP with everything embedded, and its control API."""

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from apiproof.control import control_app
from apiproof.environment import Environment
from apiproof.environment_file import EnvironmentFile
from apiproof.http import ASGIApp
from apiproof.http.client import HttpClient
from apiproof.http.json_app import json_app
from apiproof.http.server import run_server
from apiproof.service import Client, Document, Service


@contextlib.contextmanager
def live_environment(
    service: Service, *, port: int = 0, service_name: str = ""
) -> Iterator[tuple[Environment, EnvironmentFile]]:
    """Serve a service on the loopback interface until the block ends.

    Args:
        service: The service.
        port: Its TCP port; 0 for a free one.
        service_name: How another process finds the service (`module:attribute`).

    Raises:
        PortTaken: Something else listens on the port.
    """
    secret = secrets.token_urlsafe(24)
    with contextlib.ExitStack() as stack:
        env = stack.enter_context(Environment.open(service, http=True, client=False))
        base_url = stack.enter_context(run_server(env.application(), port))
        env.client = stack.enter_context(HttpClient(base_url))
        control_url = stack.enter_context(run_server(control_app(env, secret)))
        openapi_url = f"{base_url}/openapi.json"
        if (document := unpublished_document(env)) is not None:
            other_url = stack.enter_context(run_server(_document_app(document)))
            openapi_url = f"{other_url}/openapi.json"
        file = _described(env, base_url, control_url, secret, service_name)
        yield env, replace(file, openapi_url=openapi_url)


def published_document(client: Client) -> Document | None:
    """Return the document that a server publishes at `/openapi.json`; None if it publishes none."""
    response = client.request("GET", "/openapi.json")
    try:
        document: Document = response.json()
        is_one = response.status_code == 200 and "paths" in document
    except (TypeError, ValueError):
        return None
    return document if is_one else None


def unpublished_document(env: Environment) -> Document | None:
    """Return the environment's document where the application does not publish all of it.

    That is so with `FastAPI(openapi_url=None)`, at another path, or where applications are mounted
    that have documents of their own.
    """
    published = published_document(env.client)
    if published is None or not env.declared["paths"].keys() <= published["paths"].keys():
        return env.document
    return None


def _document_app(document: Document) -> ASGIApp:
    async def answer(_: Request) -> JSONResponse:
        return JSONResponse(document)

    return json_app([Route("/openapi.json", answer)])


def _described(
    env: Environment, base_url: str, control_url: str, secret: str, service_name: str
) -> EnvironmentFile:
    config = env.config
    return EnvironmentFile(
        base_url=base_url,
        openapi_url=f"{base_url}/openapi.json",
        cognito_endpoint=config.cognito_endpoint or "",
        jwks_url=config.jwks_url,
        region=config.region,
        user_pool_id=config.user_pool_id,
        client_id=config.client_id,
        client_secret=config.client_secret,
        database_url=env.database.libpq_url if env.service.database else "",
        control_url=control_url,
        control_secret=secret,
        states_url=f"{control_url}/{secret}/states",
        service=service_name,
        issuer=config.issuer,
        users=tuple(env.users.values()),
        folder=str(Path.cwd()),
    )
