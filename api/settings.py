"""The settings of the service, from the environment and `.env`.

A missing or bad setting is one line that names it; secrets are never part of that line.

Source: pydantic-settings 2.16.
"""

import re
from typing import Annotated, Self

import psycopg2
from psycopg2.extensions import make_dsn
from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVER = "postgresql+psycopg2"
# Of a wait: drivers count in milliseconds, and no request lives for a minute.
Seconds = Annotated[float, Field(ge=0.01, le=60, allow_inf_nan=False)]
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|http://\[::1\](:[0-9]{1,5})?")
_DAY = 86_400.0  # seconds
# Of libpq's parameter sslmode; what it does not know it says only at the first connection.
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_RDS = ("rds_username", "rds_password", "rds_hostname", "rds_db_name")


def _is_place(url: AnyHttpUrl) -> AnyHttpUrl:
    """Refuse parts of a URL that would be left out when something is asked for there."""
    if url.username is not None or url.password is not None or url.fragment is not None:
        raise PydanticCustomError("place", "must have no user, no password and no fragment")
    if url.port == 0:
        raise PydanticCustomError("place", "must have a port of 1 to 65535")
    return url


Place = Annotated[AnyHttpUrl, AfterValidator(_is_place)]


class SettingsInvalid(Exception):
    """A setting is missing or bad; the text is one line for the operator."""


class DatabaseSettings(BaseSettings):
    """Where the database is: DATABASE_URL, or the RDS_ variables."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: SecretStr | None = None
    rds_username: str | None = None
    rds_password: SecretStr | None = None
    rds_hostname: str | None = None
    rds_port: int = Field(default=5432, ge=1, le=65535)
    rds_db_name: str | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: object) -> object:
        try:
            if isinstance(value, str):
                value.encode()
        except UnicodeEncodeError:
            raise PydanticCustomError("text", "must be UTF-8") from None
        return value

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                scheme = make_url(value.get_secret_value()).get_backend_name()
            except (ArgumentError, ValueError):
                scheme = ""
            if scheme not in {"postgresql", "postgres"}:
                raise PydanticCustomError("database_url", "must be a postgresql:// URL")
            if not _is_taken_by_libpq(psycopg2_url(value.get_secret_value())):
                raise PydanticCustomError(
                    "database_url",
                    "has a port, an sslmode, a NUL or a parameter that libpq refuses",
                )
        return value

    @model_validator(mode="after")
    def _has_a_database(self) -> Self:
        if self.database_url is None:
            missing = [name.upper() for name in _RDS if getattr(self, name) is None]
            if missing:
                names = ", ".join(missing)
                raise PydanticCustomError(
                    "database_missing",
                    "DATABASE_URL is missing, and so is its alternative: {names}",
                    {"names": names},
                )
        return self

    @property
    def sqlalchemy_url(self) -> URL:
        """The database's address for SQLAlchemy, always with the psycopg2 driver."""
        if self.database_url is not None:
            return psycopg2_url(self.database_url.get_secret_value())
        password = self.rds_password.get_secret_value() if self.rds_password else None
        return URL.create(
            _DRIVER,
            self.rds_username,
            password,
            self.rds_hostname,
            self.rds_port,
            self.rds_db_name,
        )


class Settings(DatabaseSettings):
    """Everything that differs between deployments; each field is an environment variable."""

    aws_region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,}(-[a-z]+)+-[0-9]+$")]
    aws_user_pool_id: Annotated[
        str, StringConstraints(pattern=r"^[\w-]+_[0-9A-Za-z]+$", max_length=55)
    ]
    aws_cognito_app_client_id: Annotated[
        str, StringConstraints(pattern=r"^[\w+]+$", max_length=128)
    ]
    aws_cognito_app_client_secret: SecretStr = Field(min_length=1)
    aws_cognito_issuer: Place | None = None
    aws_cognito_jwks_url: Place | None = None
    aws_cognito_endpoint: Place | None = None

    cognito_connect_timeout: Seconds = 2.0
    cognito_read_timeout: Seconds = 4.0
    jwks_lifespan: float = Field(default=3600.0, gt=0, le=_DAY, allow_inf_nan=False)
    jwks_cooldown: float = Field(default=5.0, ge=0, le=3600, allow_inf_nan=False)
    clock_skew: int = Field(default=5, ge=0, le=300)

    database_pool_size: int = Field(default=10, ge=1, le=1000)
    database_threads: int = Field(default=6, ge=1, le=1000)
    database_max_overflow: int = Field(default=10, ge=0, le=1000)
    database_pool_timeout: Seconds = 5.0
    database_connect_timeout: int = Field(default=3, ge=2, le=30)
    database_lock_timeout: Seconds = 4.0
    database_statement_timeout: Seconds = 5.0

    request_deadline: Seconds = 10.0
    request_queue: int = Field(default=512, ge=1, le=100_000)
    cognito_threads: int = Field(default=20, ge=1, le=1000)
    unconfirmed_lifetime: float = Field(default=86_400.0, ge=60, le=366 * _DAY, allow_inf_nan=False)
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    public_email: bool = True

    max_body_bytes: int = Field(default=65_536, ge=1024, le=2**30)
    log_level: Annotated[str, StringConstraints(pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _are_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = tuple(part.strip() for part in value.split(",") if part.strip())
        if not all(map(_is_origin, origins)):
            raise PydanticCustomError(
                "cors_origins",
                "must be origins such as https://app.example.com, separated by commas",
            )
        return origins

    @property
    def issuer(self) -> str:
        """The `iss` of the pool's tokens."""
        if self.aws_cognito_issuer is not None:
            return str(self.aws_cognito_issuer).rstrip("/")
        return f"https://cognito-idp.{self.aws_region}.amazonaws.com/{self.aws_user_pool_id}"

    @property
    def jwks_url(self) -> str:
        """Where the pool's public keys are; derived from the issuer unless set."""
        if self.aws_cognito_jwks_url is not None:
            return str(self.aws_cognito_jwks_url)
        return f"{self.issuer}/.well-known/jwks.json"


def psycopg2_url(url: str | URL) -> URL:
    """Name the psycopg2 driver: SQLAlchemy 2.1 takes a bare postgresql:// for psycopg 3.

    Args:
        url: any PostgreSQL URL.
    """
    return make_url(url).set(drivername=_DRIVER)


def _is_origin(text: str) -> bool:
    if not _ORIGIN.fullmatch(text):
        return False
    _, _, port = text.rpartition(":")
    return not port.isdecimal() or 1 <= int(port) <= 65_535


def _is_taken_by_libpq(url: URL) -> bool:
    """Tell whether a connection may be tried; who connects then would be told no more than 503."""
    try:
        _, parameters = url.get_dialect()().create_connect_args(url)
        is_whole = "\0" not in make_dsn(**parameters)
        ports = [int(port) for port in str(parameters.get("port", "")).split(",") if port]
    except (ArgumentError, ValueError, psycopg2.Error):
        return False
    ssl_mode = parameters.get("sslmode", _SSL_MODES[0])
    return (
        url.port != 0
        and is_whole
        and all(1 <= port <= 65_535 for port in ports)
        and ssl_mode in _SSL_MODES
    )


def read_settings() -> Settings:
    """Read the settings, or say in one line which ones are missing or bad.

    Raises:
        SettingsInvalid: with the names of the settings, and no value.
    """
    # The database's own first: what spans several fields is checked only when each one is good.
    _refuse(_problems(DatabaseSettings) | _problems(Settings))
    return Settings()


def read_database_url() -> URL:
    """Read where the database is; Cognito's settings may be missing.

    Raises:
        SettingsInvalid: with the names of the settings, and no value.
    """
    _refuse(_problems(DatabaseSettings))
    return DatabaseSettings().sqlalchemy_url


def _problems(kind: type[DatabaseSettings]) -> dict[str, None]:
    """Say what is wrong with the settings, each problem once and in order."""
    try:
        kind()
    except ValidationError as error:
        return dict.fromkeys(_problem(e["loc"], e["type"], e["msg"]) for e in error.errors())
    return {}


def _problem(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    if not loc:
        return message
    name = str(loc[0]).upper()
    return f"{name} is missing" if kind == "missing" else f"{name}: {message}"


def _refuse(problems: dict[str, None]) -> None:
    if problems:
        text = "; ".join(problems)
        remedy = "Set them in the environment or in .env (see .env.example)."
        raise SettingsInvalid(f"Bad settings: {text}. {remedy}")
