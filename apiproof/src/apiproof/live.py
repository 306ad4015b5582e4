"""Serving an environment: the service over HTTP with everything embedded, and its ready file."""

import contextlib
from collections.abc import Iterator

from apiproof.control import control_app
from apiproof.environment import Environment
from apiproof.environment_file import EnvironmentFile
from apiproof.http.server import run_server
from apiproof.service import Service


@contextlib.contextmanager
def live_environment(
    service: Service, *, port: int = 0, service_name: str = ""
) -> Iterator[tuple[Environment, EnvironmentFile]]:
    """Serve a service from this process until the block ends.

    Args:
        service: The service.
        port: Its TCP port; 0 for a free one.
        service_name: How another process finds the service (`module:attribute`).

    Raises:
        PortTaken: Something else listens on the port.
    """
    with contextlib.ExitStack() as stack:
        env = stack.enter_context(Environment.open(service, http=True))
        base_url = stack.enter_context(run_server(env.application(), port))
        control_url = stack.enter_context(run_server(control_app(env)))
        yield env, _ready(env, base_url, control_url, service_name)


def _ready(env: Environment, base_url: str, control_url: str, service_name: str) -> EnvironmentFile:
    where = env.config
    return EnvironmentFile(
        base_url=base_url,
        openapi_url=f"{base_url}/openapi.json",
        cognito_endpoint=where.cognito_endpoint or "",
        jwks_url=where.jwks_url,
        region=where.region,
        user_pool_id=where.user_pool_id,
        client_id=where.client_id,
        client_secret=where.client_secret,
        database_url=env.database.libpq_url,
        control_url=control_url,
        service=service_name,
        issuer=where.issuer,
        users=tuple(env.users.values()),
    )
