"""Service: what a project tells the kit about itself; it must not know any project.

A project writes one module that builds a `Service` and names it in `pyproject.toml`:

    [tool.apiproof]
    service = "tests.service:SERVICE"
"""

import importlib
import os
import sys
import tomllib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from apiproof.errors import UserError

Message = MutableMapping[str, Any]
ASGIApp = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]
Trigger = Callable[[dict[str, Any], object], dict[str, Any]]
Document = dict[str, Any]


class ServiceNotFound(UserError):
    """No service is named, or what is named cannot be loaded; the text says what to do."""


@dataclass(frozen=True)
class EnvironmentConfig:
    """Where the stand-ins are: all that a service needs to be configured.

    `cognito_endpoint` is None where boto3 is intercepted in-process; `issuer` is the value of the
    tokens' `iss` claim, `jwks_url` an HTTP address on the loopback interface that serves the keys.
    """

    database_url: str
    region: str
    user_pool_id: str
    client_id: str
    client_secret: str = field(repr=False)
    issuer: str
    jwks_url: str
    cognito_endpoint: str | None


@dataclass(frozen=True)
class Account:
    """A user who can be used: verified, signed in; secrets stay out of its repr."""

    username: str
    email: str
    sub: str
    scopes: tuple[str, ...]
    password: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class SeedUser:
    """A user to exist when an environment opens; `groups` decide what scopes the trigger grants."""

    username: str
    email: str
    password: str = field(repr=False)
    groups: tuple[str, ...] = ()


class Response(Protocol):
    """The part of `requests.Response` that a service reads."""

    status_code: int

    def json(self) -> Any:
        """Return the decoded body."""
        ...


class Client(Protocol):
    """An HTTP client of the service, in-process or over the loopback; paths are relative."""

    def request(self, method: str, url: str, **kwargs: Any) -> Response:
        """Send one request; arguments as for `requests.Session.request`."""
        ...


class EnvironmentControl(Protocol):
    """What a guide may ask of the environment, in-process and against a live server alike."""

    @property
    def client(self) -> Client:
        """An HTTP client of the service."""
        ...

    def new_account(self, scopes: Sequence[str] | None = None) -> Account:
        """Return a new verified account that nobody else uses, signed in."""
        ...

    def shared_account(self) -> Account:
        """Return the account that harmless requests share."""
        ...

    def invalidate(self, username: str) -> None:
        """Never hand out an account again: its session has ended."""
        ...

    def token(self, username: str, scopes: Sequence[str] | None = None) -> str:
        """Mint an access token for a user with exactly these scopes."""
        ...

    def create_unconfirmed_user(self) -> SeedUser:
        """Sign a new user up and leave the account unconfirmed."""
        ...

    def code(self, username: str) -> str:
        """Return the newest code that Cognito mailed to a user."""
        ...


SignUp = Callable[[Client, SeedUser], str]


class AdjustableRequest(Protocol):
    """The part of a generated request that a guide may replace."""

    body: Any
    path_parameters: dict[str, Any]
    query: dict[str, Any]


RequestOverride = Callable[[EnvironmentControl, AdjustableRequest], None]


@dataclass(frozen=True)
class Service:
    """A service, as far as the kit has to know it.

    Attributes:
        name: The provider's name in pact files.
        create_app: Builds the ASGI application for the given surroundings; called often.
        migrate: Brings the database at a SQLAlchemy URL up to date.
        schema_version: Names the database schema; equal versions may share a template database.
        document: Returns the OpenAPI document without a database or Cognito.
        document_path: The committed OpenAPI document.
        scopes: Every scope that the service knows.
        sign_up: Signs a user up through the service's HTTP interface and returns the sub.
        confirm: Confirms a user who signed up: `(client, username, code)`.
        trigger: The Pre Token Generation V2 handler that the deployment uploads.
        seed_users: The users that exist when an environment opens.
        ends_session: operationIds whose success makes the caller's token useless.
        guides: operationId -> function that turns a generated request into one the environment can
            honour, where the schema cannot say what that takes (a code that was mailed, say).
        mends: operationId -> function that repairs a positive body which breaks a rule that the
            schema cannot say (`min_value <= max_value`).
        disable: Disables an account as the service's operators would: `(surroundings, username)`.
        asgi_target: The application as uvicorn loads it, `module:attribute`.
        environment_variables: What `asgi_target` reads, for the given surroundings.
        refusals: Statuses that mean "not signed in" and "scope missing", in this order.
    """

    name: str
    create_app: Callable[[EnvironmentConfig], ASGIApp]
    migrate: Callable[[str], None]
    schema_version: str
    document: Callable[[], Document]
    document_path: Path
    scopes: tuple[str, ...]
    sign_up: SignUp
    confirm: Callable[[Client, str, str], None]
    seed_users: tuple[SeedUser, ...]
    trigger: Trigger | None = None
    ends_session: tuple[str, ...] = ()
    request_overrides: Mapping[str, RequestOverride] = field(default_factory=dict)
    body_fixers: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    disable: Callable[[EnvironmentConfig, str], None] | None = None
    pacts: Path = Path("pacts")
    states: Any = None
    asgi_target: str | None = None
    environment_variables: Callable[[EnvironmentConfig], Mapping[str, str]] | None = None
    refusals: tuple[int, int] = (401, 403)


def load_service(name: str | None = None) -> Service:
    """Import the service named `module:attribute`.

    Args:
        name: Overrides `APIPROOF_SERVICE` and `[tool.apiproof] service` of the nearest
            `pyproject.toml`, in this order.

    Raises:
        ServiceNotFound: Nothing is named, or the name does not lead to a `Service`.
    """
    chosen = name or configured_service()
    module_name, _, attribute = chosen.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module_name), attribute or "SERVICE")
    except Exception as error:  # whatever the project's own modules raise
        raise ServiceNotFound(
            f"The service {chosen!r} cannot be loaded ({type(error).__name__}: {error}). "
            "Run from the project's root, or name it as --service package.module:SERVICE."
        ) from error
    if not isinstance(found, Service):
        raise ServiceNotFound(f"{chosen!r} is a {type(found).__name__}, not an apiproof Service.")
    return found


def configured_service() -> str:
    """Return the service's name from `APIPROOF_SERVICE` or the nearest `pyproject.toml`.

    Raises:
        ServiceNotFound: Neither names one.
    """
    if name := os.environ.get("APIPROOF_SERVICE"):
        return name
    for folder in (Path.cwd(), *Path.cwd().parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            settings = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
            if name := settings.get("apiproof", {}).get("service"):
                return str(name)
    raise ServiceNotFound(
        'No service is named. Add `service = "package.module:SERVICE"` under [tool.apiproof] '
        "in pyproject.toml, set APIPROOF_SERVICE, or pass --service."
    )
