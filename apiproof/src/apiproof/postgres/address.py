"""The address of a server: one URL in, the URL of any of its databases out.

It knows how URLs are written, libpq's and SQLAlchemy's, and nothing of connections. As a text it is
without the password.
"""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit

from apiproof.postgres.errors import DatabaseUrlInvalid

# SQLAlchemy 2.1 takes a bare postgresql:// to mean psycopg 3, so the driver is always written out.
SQLALCHEMY_SCHEME = "postgresql+psycopg2"
LIBPQ_SCHEME = "postgresql"
REMEDY = "write it like postgresql://user:password@host:5432/postgres"


@dataclass(frozen=True)
class ServerAddress:
    """Where a server listens and who we are to it.

    Attributes:
        netloc: user, password, host and port as in the URL.
        query: the parameters of the URL.
        maintenance: the database named in the URL, to connect to for creating others.
    """

    netloc: str = field(repr=False)  # either may hold a password
    query: str = field(repr=False)
    maintenance: str

    @classmethod
    def parse(cls, url: str) -> "ServerAddress":
        """Read a `postgres://`, `postgresql://` or `postgresql+driver://` URL.

        Raises:
            DatabaseUrlInvalid: it is no such URL; as it may hold a password, it isn't repeated.
        """
        try:
            parts = urlsplit(url.strip())
            _ = parts.port  # a property that raises on anything but a number
        except ValueError:
            raise DatabaseUrlInvalid(
                f"the database URL has no readable host and port: {REMEDY} "
                "and percent-encode special characters of the password"
            ) from None
        _refuse_foreign(parts)
        return cls(parts.netloc, parts.query, unquote(parts.path.strip("/")) or "postgres")

    def sqlalchemy_url(self, database: str) -> str:
        """Return the URL of a database for SQLAlchemy with psycopg2."""
        return self._url(SQLALCHEMY_SCHEME, database)

    def libpq_url(self, database: str) -> str:
        """Return the URL of a database for libpq: psql, psycopg2, any driver."""
        return self._url(LIBPQ_SCHEME, database)

    def __str__(self) -> str:
        """Show where it is and as whom, without the password."""
        user, at, place = self.netloc.rpartition("@")
        query = f"?{self.query}" if self.query and "password" not in self.query else ""
        return f"{user.partition(':')[0]}{at}{place}/{self.maintenance}{query}"

    def _url(self, scheme: str, database: str) -> str:
        query = f"?{self.query}" if self.query else ""
        return f"{scheme}://{self.netloc}/{quote(database, safe='')}{query}"


def _refuse_foreign(parts: SplitResult) -> None:
    if parts.scheme not in {"postgres", "postgresql"} and not parts.scheme.startswith(
        "postgresql+"
    ):
        raise DatabaseUrlInvalid(
            f"the database URL doesn't start with postgresql:// or postgres://: {REMEDY}"
        )
    if parts.fragment:
        raise DatabaseUrlInvalid(f"the database URL has a '#': percent-encode it as %23, {REMEDY}")
    if not parts.netloc and not parts.query:
        raise DatabaseUrlInvalid(f"the database URL names no host: {REMEDY}")
