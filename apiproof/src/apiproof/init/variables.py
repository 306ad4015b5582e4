"""Which value an application's environment variable wants, by its name."""

# ruff: noqa: E501  # one rule, one line

import re
from collections.abc import Mapping

# The first that fits; a name is taken apart at its underscores.
_RULES: tuple[tuple[str, str], ...] = (
    (r"ASYNC.*(DATABASE|DB|POSTGRES|SQLALCHEMY).*(URL|URI|DSN)|(DATABASE|DB|POSTGRES|SQLALCHEMY).*ASYNC.*(URL|URI|DSN)", "{database_async_url}"),
    (r"(DATABASE|DB|POSTGRES(QL)?|SQLALCHEMY|PG|RDS|SQL).*(URL|URI|DSN|CONNECTION_STRING)", "{database_plain_url}"),
    (r"(DATABASE|DB|POSTGRES(QL)?|RDS|PG).*(USER(NAME)?|LOGIN)", "{database_user}"),
    (r"(DATABASE|DB|POSTGRES(QL)?|RDS|PG).*(PASSWORD|PASS|PWD|SECRET)", "{database_password}"),
    (r"(DATABASE|DB|POSTGRES(QL)?|RDS|PG).*(HOST(NAME)?|SERVER|ADDRESS|ENDPOINT)", "{database_host}"),
    (r"(DATABASE|DB|POSTGRES(QL)?|RDS|PG).*PORT", "{database_port}"),
    (r"(RDS|POSTGRES(QL)?|PG|SQL)_?(DB|DATABASE)(_?NAME)?|(DATABASE|DB)_?NAME|DB|DATABASE|.*DB_NAME", "{database_name}"),
    (r".*(JWKS|JWK).*(URL|URI|ENDPOINT)", "{public_jwks_url}"),
    (r".*(ISSUER|AUTHORITY)(_?(URL|URI))?", "{issuer}"),
    (r".*POOL.*CLIENT.*SECRET.*|.*(APP|COGNITO|AWS|OAUTH).*CLIENT.*SECRET.*|CLIENT_SECRET", "{client_secret}"),
    (r".*POOL.*CLIENT.*|.*(APP|COGNITO|AWS|WEB).*CLIENT(_?ID)?|CLIENT_ID|.*COGNITO.*AUDIENCE.*|JWT_AUDIENCE", "{client_id}"),
    (r".*(POOL_?ID|USER_?POOL|USERPOOL).*", "{user_pool_id}"),
    (r".*COGNITO.*ENDPOINT.*(URL)?|AWS_ENDPOINT_URL.*", "{cognito_endpoint}"),
    (r".*REGION(_NAME)?", "{region}"),
)  # fmt: skip
_OWN = re.compile(r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE)|PATH|HOME|PORT")
# These have a value in every environment; an invented one would only hide it.
_GIVEN = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PATH", "HOME"}


def template_for(name: str) -> str:
    """Return the template of a variable; empty where its name says nothing to us."""
    upper = name.upper()
    if _OWN.fullmatch(upper) or "GOOGLE" in upper or "FACEBOOK" in upper:
        return ""
    for pattern, template in _RULES:
        if re.fullmatch(pattern, upper):
            return template
    return ""


def placeholder_for(name: str) -> str:
    """Return an invented value for a variable that must have one."""
    upper = name.upper()
    if "URL" in upper or "URI" in upper or "DOMAIN" in upper or "ORIGIN" in upper:
        return "http://localhost:1"
    if any(word in upper for word in ("PORT", "SECONDS", "MINUTES", "DAYS", "TIMEOUT", "SIZE")):
        return "1"
    if any(word in upper for word in ("DEBUG", "ENABLE", "IS_")):
        return "false"
    return "example"


def invented(variables: Mapping[str, bool], structured: Mapping[str, str]) -> dict[str, str]:
    """Return values for the variables that must have one and whose names say nothing to us.

    Args:
        variables: Names; whether the application ends without it.
        structured: Those that hold JSON, with an empty value.
    """
    return {
        name: structured.get(name, "").replace("{}", "{{}}") or placeholder_for(name)
        for name, is_needed in variables.items()
        if is_needed
        and name.upper() not in _GIVEN
        and (name in structured or not template_for(name))
    }
