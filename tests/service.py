"""The one place where `api` meets `apiproof`: what the Randomizer API tells the kit.

The service is imported when it is asked for: commands that need the service's name, pacts and
states alone answer at once.
"""

import ast
import hashlib
import os
import pickle
import runpy
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from api.identity.pre_token_generation import handler
from apiproof.service import (
    ASGIApp,
    Document,
    EnvironmentConfig,
    EnvironmentControl,
    SeedUser,
    Service,
)
from tests.contract.states import STATES
from tests.request_overrides import BODY_FIXERS, OVERRIDES

if TYPE_CHECKING:
    from api.settings import Settings

ROOT = Path(__file__).parent.parent
PASSWORD = "Correct-Horse-7-Battery"
OTHER_PASSWORD = "Staple-8-Correct-Horse"


def settings_for(where: EnvironmentConfig, **changed: Any) -> "Settings":
    """Settings of a service among these surroundings, deaf to the environment and `.env`.

    Args:
        where: The stand-ins.
        changed: Settings that differ from what most tests need.
    """
    from api.settings import Settings

    settings = {
        "_env_file": None,
        "database_url": where.database_url,
        "aws_region": where.region,
        "aws_user_pool_id": where.user_pool_id,
        "aws_cognito_app_client_id": where.client_id,
        "aws_cognito_app_client_secret": where.client_secret,
        "aws_cognito_issuer": where.issuer,
        "aws_cognito_jwks_url": where.jwks_url,
        "aws_cognito_endpoint": where.cognito_endpoint,
        "jwks_cooldown": 0,  # tests rotate keys right after they sent unknown ones
    }
    return Settings(**{**settings, **changed})


def environment_variables(where: EnvironmentConfig) -> dict[str, str]:
    """The same settings as a deployment has them, for `uvicorn api.main:app`."""
    settings = settings_for(where).model_dump(exclude_unset=True)
    revealed = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in settings.items()
        if value is not None
    }
    return {name.upper(): str(value) for name, value in revealed.items()}


@contextmanager
def only_these(variables: dict[str, str], env_file: str = "") -> Iterator[None]:
    """Have no other environment variables within a block, and no other `.env`."""
    import pytest

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / ".env").write_text(env_file, encoding="utf-8")
        patch.chdir(folder)
        for name in list(os.environ):
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


def refusal_of(variables: dict[str, str], env_file: str = "") -> str | None:
    """What the service says at its start to settings that it refuses; None if it starts.

    Args:
        variables: The whole environment that it is started with.
        env_file: The text of `.env`.
    """
    from api.settings import SettingsInvalid, read_settings

    with only_these(variables, env_file):
        try:
            read_settings()
        except SettingsInvalid as refused:
            return str(refused)
    return None


def application(where: EnvironmentConfig, **changed: Any) -> ASGIApp:
    """The service among these surroundings; `changed` are settings, as for `settings_for`."""
    return application_by(time.time, where, **changed)


def application_by(clock: Callable[[], float], where: EnvironmentConfig, **changed: Any) -> ASGIApp:
    """The service on a host whose clock tells other epoch seconds; all else as above."""
    from api.app import create_app
    from api.dependencies import AppState as Dependencies
    from api.logging import configure_logs

    configure_logs(os.environ.get("LOG_LEVEL", "ERROR"))
    settings = settings_for(where, **changed)
    return create_app(settings, Dependencies.build(settings, clock=clock))


def deployed(variables: dict[str, str]) -> ASGIApp:
    """The application that a deployment loads: `uvicorn api.main:app`.

    Args:
        variables: The whole environment that it is started with.

    Raises:
        SystemExit: It does not start.
    """
    with only_these(variables):
        app: ASGIApp = runpy.run_module("api.main")["app"]
    return app


def uvicorn_options(where: EnvironmentConfig, **changed: Any) -> dict[str, Any]:
    """What `python -m api` tells uvicorn; `changed` are settings, as for `settings_for`."""
    import pytest
    import uvicorn

    told: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        app = application(where, **changed)
        patch.setitem(sys.modules, "api.main", SimpleNamespace(app=app))
        patch.setattr(uvicorn, "run", lambda _app, **options: told.update(options))
        patch.setattr(sys, "argv", ["api", "--port", "0"])
        runpy.run_module("api", run_name="__main__")
    return told


def log_like_a_deployment(level: str) -> None:
    """Let libraries log as they do where `api.main` is served.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
    """
    from api.logging import adopt_library_logs

    adopt_library_logs(level)


def disable(
    where: EnvironmentConfig,
    username: str,
    *,
    at_cutoff: Callable[[], object] = lambda: None,
    **changed: Any,
) -> None:
    """Disable an account as an operator would, with `python -m api.admin disable`.

    Args:
        where: its surroundings.
        username: whose account.
        at_cutoff: is called when it is decided which sessions end.
        changed: settings.
    """
    from api import admin
    from api.dependencies import AppState as Dependencies

    service = Dependencies.build(settings_for(where, **changed))

    def cutoff() -> int:
        at_cutoff()
        return service.sign_out_cutoff()

    try:
        admin.disable(service.database, service.identity, username, cutoff)
    finally:
        service.database.engine.dispose()


def enable(where: EnvironmentConfig, username: str, **changed: Any) -> None:
    """Enable an account as an operator would, with `python -m api.admin enable`."""
    from api import admin
    from api.dependencies import AppState as Dependencies

    service = Dependencies.build(settings_for(where, **changed))
    try:
        admin.enable(service.database, service.identity, username)
    finally:
        service.database.engine.dispose()


def operate(variables: dict[str, str], *arguments: str) -> int:
    """Run `python -m api.admin` in this process and return how it ends.

    Args:
        variables: The whole environment that it is started with, but for credentials of AWS.
        arguments: Of the command line.
    """
    from api import admin

    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    with only_these({**aws, **variables}):
        return admin.main(arguments)


@cache  # the sources are read once, not for each line
def logged_events() -> frozenset[str]:
    """The events of all lines that the service's own code may write into its log."""
    calls = [
        node
        for path in (ROOT / "api").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("log.", "write"))
    ]
    found = [call.args[0] for call in calls if call.args]
    return frozenset(str(event.value) for event in found if isinstance(event, ast.Constant))


def migrate(database_url: Any) -> None:
    from api.migrations import upgrade

    upgrade(database_url)


def migrate_by_url(database_url: str) -> None:
    """Migrate as a process does that has SQLAlchemy's URL at hand."""
    from sqlalchemy.engine import make_url

    migrate(make_url(database_url))


def migrate_from(folder: Path, database_url: str) -> None:
    """Migrate as where the migrations lie in another folder, where they are copied."""
    import pytest

    from api import migrations

    copied = shutil.copytree(ROOT / "api" / "migrations", folder / "migrations")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "__file__", str(copied / "__init__.py"))
        migrate(database_url)


def take_back(database_url: str, revision: str) -> None:
    """Undo the migrations after a revision."""
    from alembic import command
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from api.migrations import configuration

    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        command.downgrade(configuration(connection), revision)


def alembic(variables: dict[str, str], *arguments: str) -> None:
    """Run Alembic's own command line in this process, as a deployment runs it.

    Args:
        variables: The whole environment that it is started with.
        arguments: Of the command line.

    Raises:
        SystemExit: It ends with something else than 0.
    """
    from alembic.config import main

    with only_these(variables):
        main(["--config", str(ROOT / "pyproject.toml"), *arguments])


def write_document(*arguments: str) -> int:
    """Run `python -m api.openapi_cli` in this process and return how it ends."""
    from api.openapi_cli import main

    return main([*arguments])


def document() -> Document:
    """The document of the code as it is, made once in a process; each caller has its own copy."""
    generated: Document = pickle.loads(_generated())  # noqa: S301  # our own
    return generated


@cache
def _generated() -> bytes:
    from api.openapi_cli import document as current

    return pickle.dumps(current())


def schema_version() -> str:
    """A digest of the migrations: equal digests may share a template database."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "api" / "migrations").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def sign_up(env: EnvironmentControl, user: SeedUser) -> str:
    body = {"username": user.username, "email": user.email, "password": user.password}
    response = env.client.request("POST", "/users/signup", json=body)
    if response.status_code != 201:
        raise RuntimeError(f"sign-up of {user.username} answered {response.status_code}")
    return str(response.json()["sub"])


def confirm(env: EnvironmentControl, username: str, code: str) -> None:
    body = {"username": username, "confirmation_code": code}
    response = env.client.request("POST", "/users/verify", json=body)
    if response.status_code != 200:
        raise RuntimeError(f"verification of {username} answered {response.status_code}")


SERVICE = Service(
    application,
    name="randomizer-api",
    migrations=migrate,
    schema_version=schema_version(),
    make_document=document,
    document_path=ROOT / "openapi.json",
    trigger=handler,
    sign_up=sign_up,
    confirm=confirm,
    seed_users=(
        SeedUser("ada", "ada@example.com", PASSWORD),
        SeedUser("grace", "grace@example.com", PASSWORD),
        SeedUser("guest", "guest@example.com", PASSWORD, groups=("profile-only",)),
    ),
    ends_session=("logout_user", "delete_me", "change_password"),
    request_overrides=OVERRIDES,
    body_fixers=BODY_FIXERS,
    disable=disable,
    conformance=True,
    pacts=ROOT / "pacts",
    states=STATES,
    asgi_target="api.main:app",
    environment_variables=environment_variables,
)
