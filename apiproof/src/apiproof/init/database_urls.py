"""Which driver an application wants its database's URL to name.

SQLAlchemy takes the driver from the URL: with none, `postgresql://` means psycopg2, which an
asynchronous engine refuses (https://docs.sqlalchemy.org/en/20/dialects/postgresql.html).
"""

import re

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
