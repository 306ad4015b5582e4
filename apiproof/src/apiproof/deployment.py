"""A service as it is deployed: under uvicorn in its own process, a proxy before each dependency.

with Deployment.start(SERVICE, REQUEST_DEADLINE="2") as deployed:
    with deployed.cognito.fault(Silent(), when=b"InitiateAuth"):
        assert HttpClient(deployed.url).post("/login", ...).status_code == 503
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from apiproof.environment import Environment
from apiproof.errors import UserError
from apiproof.http.process import ServerProcess
from apiproof.network_faults import FaultProxy
from apiproof.service import EnvironmentConfig, Service


class ServiceNotDeployable(UserError):
    """The service does not say how to start it as a process."""


@dataclass(frozen=True)
class Deployment:
    """A running service process and what it depends on.

    Attributes:
        env: The stand-ins; its own client is in-process and meets no fault.
        config: Where the process finds them: through the proxies.
        server: The process.
        database: The proxy before PostgreSQL.
        cognito: The proxy before Cognito's API.
        keys: The proxy before the JWKS URL.
    """

    env: Environment
    config: EnvironmentConfig
    server: ServerProcess
    database: FaultProxy
    cognito: FaultProxy
    keys: FaultProxy

    @property
    def url(self) -> str:
        """Where the service listens."""
        return self.server.url

    @classmethod
    @contextlib.contextmanager
    def start(
        cls, service: Service, env: Environment | None = None, **variables: str
    ) -> Iterator[Self]:
        """Start a service and its dependencies; all is gone afterwards.

        Args:
            service: With `asgi_target` and `environment_variables`.
            env: An environment opened with `http=True`, to share; by default one of its own.
            **variables: Environment variables of the process, over those that the service names.

        Raises:
            ServiceNotDeployable: It lacks one of the two.
            ServerDied: The process ended before it answered.
        """
        if service.asgi_target is None or service.environment_variables is None:
            raise ServiceNotDeployable(
                "The Service says neither asgi_target nor environment_variables: both are needed "
                "to start it as a process."
            )
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            env = env or enter(Environment.open(service, http=True))
            database = enter(FaultProxy(env.config.database_url))
            cognito = enter(FaultProxy(env.config.cognito_endpoint or ""))
            keys = enter(FaultProxy(env.config.jwks_url))
            config = replace(
                env.config,
                database_url=database.url,
                cognito_endpoint=cognito.url,
                jwks_url=keys.url,
            )
            # Elsewhere, so that no .env of a developer is read.
            folder = Path(enter(tempfile.TemporaryDirectory()))
            chosen = {**service.environment_variables(config), **variables}
            server = enter(ServerProcess(service.asgi_target, chosen, folder=folder))
            yield cls(env, config, server, database, cognito, keys)
