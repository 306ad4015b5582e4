"""Which value an application's environment variable wants, by its name."""

# ruff: noqa: E501  # one rule, one line

import re
from collections.abc import Mapping

# The first that fits; a name is taken apart at its underscores.
_RULES: tuple[tuple[str, str], ...] = (
    (r"(.*_)?ASYNC.*(DATABASE|DB|POSTGRES|SQLALCHEMY).*(URL|URI|DSN)|(.*_)?(DATABASE|DB|POSTGRES|SQLALCHEMY).*ASYNC.*(URL|URI|DSN)", "{database_async_url}"),
    (r"(.*_)?(DATABASE|DB|POSTGRES(QL)?|SQLALCHEMY|PG|RDS|SQL).*(URL|URI|DSN|CONNECTION_STRING)", "{database_plain_url}"),
    (r"(.*_)?(DATABASE|DB|POSTGRES(QL)?|RDS|PG).*(USER(NAME)?|LOGIN)", "{database_user}"),
    (r"(.*_)?(DATABASE|DB|POSTGRES(QL)?|RDS|PG).*(PASSWORD|PASS|PWD|SECRET)", "{database_password}"),
    (r"(.*_)?(DATABASE|DB|POSTGRES(QL)?|RDS|PG).*(HOST(NAME)?|SERVER|ADDRESS|ENDPOINT)", "{database_host}"),
    (r"(.*_)?(DATABASE|DB|POSTGRES(QL)?|RDS|PG).*PORT", "{database_port}"),
    (r"(RDS|POSTGRES(QL)?|PG|SQL)_?(DB|DATABASE)(_?NAME)?|(DATABASE|DB)_?NAME|DB|DATABASE|.*DB_NAME|(.*_)?POSTGRES(QL)?_+(DB|DATABASE)", "{database_name}"),
    (r".*(JWKS|JWK).*(URL|URI|ENDPOINT)", "{public_jwks_url}"),
    (r".*(ISSUER|AUTHORITY)(_?(URL|URI))?", "{issuer}"),
    (r".*POOL.*CLIENT.*SECRET.*|.*(APP|COGNITO|AWS|OAUTH).*CLIENT.*SECRET.*|CLIENT_SECRET|.*COGNITO.*SECRET", "{client_secret}"),
    (r".*POOL.*CLIENT.*|.*(APP|COGNITO|AWS|WEB).*CLIENT(_?ID)?|CLIENT_ID|.*COGNITO.*AUDIENCE.*|JWT_AUDIENCE|CLIENT", "{client_id}"),
    (r".*(POOL_?ID|USER_?POOL|USERPOOL).*|.*COGNITO.*POOL|POOL", "{user_pool_id}"),
    (r".*COGNITO.*ENDPOINT.*(URL)?|AWS_ENDPOINT_URL.*", "{cognito_endpoint}"),
    (r".*REGION(_NAME)?", "{region}"),
)  # fmt: skip
_OWN = re.compile(r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE)|PATH|HOME|PORT")
_STORES = re.compile(
    r"MONGO|REDIS|MYSQL|MARIA|SQLITE|ELASTIC|CELERY|RABBIT|NEO4J|CASSANDRA", re.IGNORECASE
)
# Stores that are not PostgreSQL, and other people's logins.
_OTHERS = re.compile(rf"{_STORES.pattern}|DYNAMO|GOOGLE|FACEBOOK", re.IGNORECASE)
# These have a value in every environment; an invented one would only hide it.
_GIVEN = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PATH", "HOME"}


def template_for(name: str) -> str:
    """Return the template of a variable; empty where its name says nothing to us."""
    upper = name.upper()
    if _OWN.fullmatch(upper) or _OTHERS.search(upper):
        return ""
    for pattern, template in _RULES:
        if re.fullmatch(pattern, upper):
            return template
    return ""


def names_store(name: str, value: str = "") -> bool:
    """Whether a variable leads to a store that the kit has no stand-in for, so that runs use it."""
    return bool(_STORES.search(name) or _STORES.match(value))


def placeholder_for(name: str) -> str:
    """Return an invented value for a variable that must have one."""
    upper = name.upper()
    if "URL" in upper or "URI" in upper or "DOMAIN" in upper or "ORIGIN" in upper:
        return "http://localhost:1"
    if any(word in upper for word in ("PORT", "SECONDS", "MINUTES", "DAYS", "TIMEOUT", "SIZE")):
        return "1"
    if re.search(r"DEBUG|ENABLE|(^|_)IS_", upper):
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


# SQLAlchemy takes the driver from the URL: with none, `postgresql://` means psycopg2, which an
# asynchronous engine refuses (https://docs.sqlalchemy.org/en/20/dialects/postgresql.html).
PLAIN = "{database_plain_url}"
_BY_DRIVER = {"asyncpg": "{database_async_url}", "psycopg": "{database_psycopg_url}"}
_SCHEME = re.compile(r"postgres(?:ql)?(?:\+(\w+))?://")
# Code that puts the driver in itself: `url.replace("postgres://", ...)`, `drivername="..."`.
_PUT_IN = re.compile(
    r"""replace\(\s*r?["']postgres|re\.sub\(\s*r?["']\^?postgres|startswith\(\s*["']postgres"""
    r"""|drivername\s*="""
)
_ASYNC_ENGINE = re.compile(r"\b(create_async_engine|async_engine_from_config)\(")


def url_template(source: str, example: str = "") -> str:
    """Return the template of a database's URL as an application wants it.

    Args:
        source: The text of all its modules.
        example: The scheme that its example of an env file gives; empty where it gives none.
    """
    if match := _SCHEME.match(example):
        return _BY_DRIVER.get(match[1] or "", PLAIN)
    if _PUT_IN.search(source):
        return PLAIN
    drivers = [found for found in _SCHEME.findall(source) if found in _BY_DRIVER]
    if drivers:
        return _BY_DRIVER[drivers[0]]
    if _ASYNC_ENGINE.search(source):
        is_psycopg = re.search(r"^\s*(import|from) psycopg\b", source, re.MULTILINE)
        return _BY_DRIVER["psycopg" if is_psycopg else "asyncpg"]
    return PLAIN


# Any prefix will do: the emulator answers for every domain of managed login.
_LOGIN = "https://apiproof.auth.{region}.amazoncognito.com"
_DOMAIN = re.compile(r"(.*_)?(COGNITO|OAUTH2?|USER_?POOL|HOSTED_UI).*DOMAIN(_(URL|NAME|PREFIX))?")


def login_domain_template(name: str, source: str) -> str:
    """Return the template of a variable that names managed login's domain; empty for others.

    Args:
        name: The variable's.
        source: The text of all modules; it tells what stands around the value in an address.
    """
    if not _DOMAIN.fullmatch(name.upper()) or _OTHERS.search(name):
        return ""
    used = re.search(rf"https://\{{[\w.]*{name}\}}(\.auth\.)?", source, re.IGNORECASE)
    if used is None:
        return "apiproof" if name.upper().endswith("PREFIX") else _LOGIN
    return "apiproof" if used[1] else _LOGIN.removeprefix("https://")
