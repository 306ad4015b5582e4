"""What an environment is made of: the pool's settings, its addresses, the migrated database."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from apiproof import process_variables
from apiproof.cognito import Cognito, PoolSettings
from apiproof.environment_config import EnvironmentConfig
from apiproof.postgres import Database, PostgresServer, Template
from apiproof.service import Service


def pool_settings(service: Service) -> PoolSettings:
    """Return what a service wants of its pool."""
    return PoolSettings(
        region=service.region,
        pool=service.pool,
        client=service.pool_client,
        user_pool_id=service.user_pool_id,
        client_id=service.client_id,
    )


def config_of(cognito: Cognito, database: Database | None) -> EnvironmentConfig:
    """Return where everything is."""
    return EnvironmentConfig(
        database_url=database.url if database else "",
        region=cognito.region,
        user_pool_id=cognito.user_pool_id,
        client_id=cognito.client_id,
        client_secret=cognito.client_secret,
        issuer=cognito.issuer,
        jwks_url=cognito.jwks_url,
        cognito_endpoint=cognito.endpoint_url,
    )


def template_of(server: PostgresServer, service: Service, cognito: Cognito) -> Template:
    """Return a service's migrated database, to be copied."""
    config = config_of(cognito, None)

    def migrate(url: str) -> None:
        variables = {"AWS_REGION": config.region, "AWS_DEFAULT_REGION": config.region}
        with process_variables.changed(variables):
            service.migrate(url, replace(config, database_url=url))

    return server.template(service.schema_version, migrate)


@contextlib.contextmanager
def migrated_template(service: Service) -> Iterator[Callable[[], Database] | None]:
    """Start a server with a migrated database, for environments of processes forked in the block.

    Yields:
        What makes a copy for `Environment.open`; None where the service has no database.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(process_variables.changed(process_variables.isolation()))
        # Its keys are left to the pools that follow, in forked processes too.
        cognito = Cognito.start(pool_settings(service))
        try:
            if not service.database:
                yield None
                return
            tcp = isinstance(service.app, str) or bool(service.variables)
            server = stack.enter_context(PostgresServer.start(tcp=tcp))
            template = template_of(server, service, cognito)
        finally:
            cognito.stop()
        yield lambda: server.clone(template)
