import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import Settings, SettingsInvalid, read_database_url, read_settings

ROOT = Path(__file__).parents[2]

GOOD = {
    "DATABASE_URL": "postgresql://ada:hidden-one@localhost/numbers",
    "AWS_REGION": "eu-west-1",
    "AWS_USER_POOL_ID": "eu-west-1_Abc123",
    "AWS_COGNITO_APP_CLIENT_ID": "client",
    "AWS_COGNITO_APP_CLIENT_SECRET": "hidden-two",
}
RDS = {
    "RDS_USERNAME": "ada",
    "RDS_PASSWORD": "p@ss/w:rd%20",
    "RDS_HOSTNAME": "db.example",
    "RDS_DB_NAME": "numbers",
}


WAITS = (
    "REQUEST_DEADLINE",
    "COGNITO_CONNECT_TIMEOUT",
    "COGNITO_READ_TIMEOUT",
    "DATABASE_POOL_TIMEOUT",
    "DATABASE_LOCK_TIMEOUT",
    "DATABASE_STATEMENT_TIMEOUT",
)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_setting_is_named_in_one_line(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    with pytest.raises(SettingsInvalid, match=f"{name} is missing") as caught:
        read_settings()
    assert "\n" not in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://ada:hidden-three@localhost/numbers"),
        ("DATABASE_URL", "hidden-three"),
        ("AWS_REGION", "hidden three"),
        ("AWS_USER_POOL_ID", "hidden-three!"),
        ("AWS_COGNITO_ENDPOINT", "ftp://hidden-three"),
        ("AWS_COGNITO_JWKS_URL", "file:///etc/hidden-three"),
        ("RDS_PORT", "hidden-three"),
        ("CLOCK_SKEW", "-1"),
        ("LOG_LEVEL", "hidden-three"),
        ("CORS_ORIGINS", "https://app.example.com/hidden-three"),
        *((name, value) for name in WAITS for value in ("inf", "nan", "0", "0.0004", "-1", "61")),
        ("JWKS_COOLDOWN", "inf"),
        ("JWKS_LIFESPAN", "nan"),
        ("REQUEST_QUEUE", "0"),
        ("DATABASE_POOL_SIZE", "0"),
    ],
)
def test_a_bad_setting_is_named_without_its_value(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=name) as caught:
        read_settings()
    assert "\n" not in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_origins_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    assert read_settings().cors_origins == ()
    environment.setenv("CORS_ORIGINS", "https://app.example.com, http://localhost:3000")
    assert read_settings().cors_origins == ("https://app.example.com", "http://localhost:3000")


def test_every_missing_setting_is_named_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        environment.delenv(name)
    with pytest.raises(SettingsInvalid) as caught:
        read_settings()
    assert [name for name in GOOD if name not in str(caught.value)] == []


def test_an_empty_setting_is_a_missing_one(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_REGION", "")
    with pytest.raises(SettingsInvalid, match="AWS_REGION is missing"):
        read_settings()


def test_settings_are_read_from_dotenv(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("AWS_REGION")
    (tmp_path / ".env").write_text("AWS_REGION=us-west-2\nUNRELATED=1\n")
    assert read_settings().aws_region == "us-west-2"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_the_driver_is_always_psycopg2(environment: pytest.MonkeyPatch, scheme: str) -> None:
    environment.setenv("DATABASE_URL", f"{scheme}://ada@localhost/numbers?host=/run/pg")
    url = read_settings().sqlalchemy_url
    assert url.drivername == "postgresql+psycopg2"
    assert url.query == {"host": "/run/pg"}


def test_rds_settings_stand_in_for_the_url(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("DATABASE_URL")
    for name, value in RDS.items():
        environment.setenv(name, value)
    url = read_database_url()
    assert (url.username, url.password, url.host, url.port, url.database) == (
        "ada",
        RDS["RDS_PASSWORD"],
        "db.example",
        5432,
        "numbers",
    )


def test_secrets_do_not_print(environment: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - sets them
    settings = read_settings()
    assert "hidden" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_a_raw_validation_error_hides_its_input(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "mysql://ada:hidden-three@localhost/numbers")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "hidden" not in str(caught.value)


def test_the_jwks_url_follows_the_issuer(environment: pytest.MonkeyPatch) -> None:
    pool = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc123"
    assert read_settings().issuer == pool
    assert read_settings().jwks_url == f"{pool}/.well-known/jwks.json"
    environment.setenv("AWS_COGNITO_ISSUER", "https://issuer.example/pool/")
    assert read_settings().issuer == "https://issuer.example/pool"
    assert read_settings().jwks_url == "https://issuer.example/pool/.well-known/jwks.json"


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "api"],
        ["-c", "import api.main"],
        ["-m", "alembic", "-c", str(ROOT / "pyproject.toml"), "upgrade", "head"],
        ["-m", "api.admin", "disable", "ada"],
    ],
)
def test_a_command_without_settings_ends_with_one_line(command: list[str], tmp_path: Path) -> None:
    bare = {key: value for key, value in os.environ.items() if key.upper() not in NAMES}
    ended = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, *command],
        cwd=tmp_path,
        env=bare,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("Bad settings: DATABASE_URL is missing")
    assert ended.stderr.count("\n") == 1


NAMES = {name.upper() for name in Settings.model_fields}
