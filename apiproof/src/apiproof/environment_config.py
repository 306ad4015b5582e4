"""Where everything in an environment is, and the variables that tell an application so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from urllib.parse import parse_qs, unquote, urlsplit

from apiproof.errors import UserError

_INVENTED_POOL = "Abcdefghi"
_INVENTED_CLIENT = "1example23456789abcdefghij"


class VariableUnknown(UserError):
    """A template names a field that no environment has."""


@dataclass(frozen=True)
class EnvironmentConfig:
    """Where everything in an environment is: all that a service needs to be configured.

    Attributes:
        database_url: For SQLAlchemy with psycopg2; empty without a database.
        region: The AWS region of the pool.
        user_pool_id: The pool.
        client_id: The app client.
        client_secret: Empty where the app client has none.
        issuer: The value of the tokens' `iss` claim.
        jwks_url: An HTTP address on the loopback interface that serves the keys.
        cognito_endpoint: Where AWS SDKs reach the pool; None where boto3 is intercepted.
    """

    database_url: str = field(repr=False)
    region: str
    user_pool_id: str
    client_id: str
    client_secret: str = field(repr=False)
    issuer: str
    jwks_url: str
    cognito_endpoint: str | None

    @property
    def database_plain_url(self) -> str:
        """The URL without a driver (`postgresql://`), as psycopg2, psycopg and asyncpg take it."""
        return re.sub(r"^postgresql\+\w+:", "postgresql:", self.database_url)


def placeholder_config(region: str) -> EnvironmentConfig:
    """Return a configuration of the right shape in which nothing exists."""
    pool = f"{region}_{_INVENTED_POOL}"
    issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool}"
    return EnvironmentConfig(
        database_url="postgresql+psycopg2://user:password@127.0.0.1:1/database",
        region=region,
        user_pool_id=pool,
        client_id=_INVENTED_CLIENT,
        client_secret="secret",  # noqa: S106  # of nobody
        issuer=issuer,
        jwks_url=f"{issuer}/.well-known/jwks.json",
        cognito_endpoint=None,
    )


def fields(config: EnvironmentConfig) -> dict[str, str]:
    """Return what templates may name, by name.

    Beside the attributes of `EnvironmentConfig` these are: `database_plain_url` (`postgresql://`),
    `database_async_url` (`postgresql+asyncpg://`), `database_psycopg_url`, and the parts
    `database_user`, `database_password`, `database_host`, `database_port`, `database_name`.
    """
    url = config.database_url
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    plain = config.database_plain_url
    return {
        "database_url": url,
        "database_plain_url": plain,
        "database_async_url": plain.replace("postgresql:", "postgresql+asyncpg:", 1),
        "database_psycopg_url": plain.replace("postgresql:", "postgresql+psycopg:", 1),
        "database_user": unquote(parts.username or ""),
        "database_password": unquote(parts.password or ""),
        "database_host": parts.hostname or "".join(query.get("host", [])),
        "database_port": str(parts.port or "".join(query.get("port", []))),
        "database_name": unquote(parts.path.strip("/")),
        "region": config.region,
        "user_pool_id": config.user_pool_id,
        "client_id": config.client_id,
        "client_secret": config.client_secret,
        "issuer": config.issuer,
        "jwks_url": config.jwks_url,
        "public_jwks_url": f"{config.issuer}/.well-known/jwks.json",
        "cognito_endpoint": config.cognito_endpoint or "",
    }


def filled(templates: Mapping[str, str], config: EnvironmentConfig) -> dict[str, str]:
    """Fill the templates of an application's environment variables.

    Args:
        templates: By variable; `{name}` stands for a field, `{{` for a brace.
        config: Where everything is.

    Raises:
        VariableUnknown: A template names anything else.
    """
    known = fields(config)
    for variable, template in templates.items():
        for _, name, _, _ in Formatter().parse(template):
            if name is not None and name not in known:
                raise VariableUnknown(
                    f"The variable {variable} names {{{name}}}, which no environment has. "
                    f"Choose from: {', '.join(known)}; write {{{{ for a brace."
                )
    return {variable: template.format(**known) for variable, template in templates.items()}
