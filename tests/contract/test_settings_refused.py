"""Bad settings are refused at the start, in one line that names them and never shows a value."""

import botocore.session
import pytest

from apiproof.environment import Environment
from tests.service import environment_variables, refusal_of

WAITS = [
    "REQUEST_DEADLINE",
    "COGNITO_CONNECT_TIMEOUT",
    "COGNITO_READ_TIMEOUT",
    "DATABASE_POOL_TIMEOUT",
    "DATABASE_LOCK_TIMEOUT",
    "DATABASE_STATEMENT_TIMEOUT",
]
NUMBERS = ["inf", "-inf", "nan", "-1", "hidden-word"]
COUNTS = ["DATABASE_POOL_SIZE", "DATABASE_THREADS", "REQUEST_QUEUE", "COGNITO_THREADS"]
BAD = [
    *((name, value) for name in WAITS for value in [*NUMBERS, "0", "0.0004", "61", "1e300"]),
    *((name, value) for name in COUNTS for value in [*NUMBERS, "0", "1.5"]),
    *(("DATABASE_MAX_OVERFLOW", value) for value in NUMBERS),
    *(("DATABASE_CONNECT_TIMEOUT", value) for value in [*NUMBERS, "0", "1", "31"]),
    *(("MAX_BODY_BYTES", value) for value in [*NUMBERS, "0", "1023"]),
    *(("CLOCK_SKEW", value) for value in [*NUMBERS, "301"]),
    *(("JWKS_LIFESPAN", value) for value in [*NUMBERS, "0", "86401", "1e12"]),
    *(("JWKS_COOLDOWN", value) for value in [*NUMBERS, "3601", "1e12"]),
    *(("UNCONFIRMED_LIFETIME", value) for value in [*NUMBERS, "0", "59", "1e12"]),
    ("DATABASE_URL", "mysql://ada:hidden-word@localhost/numbers"),
    ("DATABASE_URL", "hidden-word"),
    ("AWS_REGION", "hidden word"),
    ("AWS_USER_POOL_ID", "hidden-word!"),
    ("AWS_COGNITO_APP_CLIENT_ID", "hidden-word!"),
    ("AWS_COGNITO_ENDPOINT", "ftp://hidden-word"),
    ("AWS_COGNITO_ISSUER", "hidden-word"),
    ("AWS_COGNITO_JWKS_URL", "file:///etc/hidden-word"),
    ("CORS_ORIGINS", "https://app.example.com/hidden-word"),
    ("LOG_LEVEL", "hidden-word"),
    ("PUBLIC_EMAIL", "hidden-word"),
]
DATABASE = "postgresql://ada:hidden-word@db.example.com"
# What only the first connection would say, to the log, while every request is 500 or 503.
BAD_ADDRESSES = [
    *(f"{DATABASE}:{port}/numbers" for port in ("0", "-1", "65536", "hidden")),
    *(
        f"{DATABASE}/numbers?{query}"
        for query in (
            "hidden=1",
            "sslmode=hidden",
            "port=hidden",
            "port=70000",
            "host=one&host=two&port=1",
            "dsn=hidden",
            "connection_factory=hidden",
            "async=1",
        )
    ),
    DATABASE.replace("word", "%00word"),
    f"{DATABASE}/num%00bers",
]
PLACES = ["AWS_COGNITO_ENDPOINT", "AWS_COGNITO_ISSUER", "AWS_COGNITO_JWKS_URL"]
BAD += [
    *(("DATABASE_URL", address) for address in BAD_ADDRESSES),
    *(
        (name, f"https://{rest}")
        for name in PLACES
        for rest in (
            "ada:hidden-word@example.com",
            "ada@example.com",
            "h:0",
            "h/#hidden",
            "h:65536",
        )
    ),
    *(("CORS_ORIGINS", f"https://app.example.com:{port}") for port in (0, 65_536)),
    # A byte that is no UTF-8, as Python reads it from the environment.
    *((name, "hidden-\udcff") for name in ["AWS_COGNITO_APP_CLIENT_SECRET", *PLACES, "AWS_REGION"]),
    ("DATABASE_URL", f"{DATABASE}/hidden-\udcff"),
]
REQUIRED = [
    "DATABASE_URL",
    "AWS_REGION",
    "AWS_USER_POOL_ID",
    "AWS_COGNITO_APP_CLIENT_ID",
    "AWS_COGNITO_APP_CLIENT_SECRET",
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_setting_is_refused_by_its_name_in_one_line(
    env: Environment, name: str, value: str
) -> None:
    text = refusal_of({**environment_variables(env.config), name: value})
    assert text is not None, f"{name}={value} was taken"
    assert name in text
    assert "\n" not in text
    assert "hidden" not in text
    assert env.config.client_secret not in text


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_missing_setting_is_named_and_an_empty_one_is_missing(
    env: Environment, name: str, how: str
) -> None:
    variables = environment_variables(env.config)
    del variables[name]
    text = refusal_of(variables | ({name: ""} if how == "empty" else {}))
    assert text is not None
    assert f"{name} is missing" in text


def test_every_bad_setting_is_named_at_once(env: Environment) -> None:
    """Each of all that there are: who mends them one by one starts the service once for each."""
    bad = dict(BAD)
    text = refusal_of({**environment_variables(env.config), **bad})
    assert text is not None
    assert [name for name in bad if f"{name}: " not in text] == []


def test_every_missing_setting_is_named_at_once() -> None:
    text = refusal_of({})
    assert text is not None
    assert [name for name in REQUIRED if f"{name} is missing" not in text] == []


def test_settings_may_stand_in_a_file_and_the_environment_wins(env: Environment) -> None:
    good = environment_variables(env.config)
    lines = "".join(f"{name}='{value}'\n" for name, value in good.items())
    assert refusal_of({}, lines) is None
    assert refusal_of({"LOG_LEVEL": ""}, f"{lines}LOG_LEVEL=DEBUG\n") is None
    refused = refusal_of({}, f"{lines}LOG_LEVEL=hidden-word\n")
    assert refused is not None
    assert "LOG_LEVEL" in refused
    assert "hidden" not in refused
    assert refusal_of({"LOG_LEVEL": "INFO"}, f"{lines}LOG_LEVEL=hidden-word\n") is None


def test_every_region_that_aws_has_is_taken(env: Environment) -> None:
    session = botocore.session.get_session()
    found = {
        region
        for partition in session.get_available_partitions()
        for service in ("cognito-idp", "ec2")
        for region in session.get_available_regions(service, partition)
    }
    assert len(found) > 30
    good = environment_variables(env.config)
    refused = {
        region
        for region in found
        if refusal_of({**good, "AWS_REGION": region, "AWS_USER_POOL_ID": f"{region}_Ab1"})
    }
    assert refused == set()


def test_good_settings_are_not_refused(env: Environment) -> None:
    """The control: without it, a start that refuses everything would pass."""
    good = dict.fromkeys(WAITS, "0.01") | dict.fromkeys(COUNTS, "1") | {"CLOCK_SKEW": "0"}
    assert refusal_of({**environment_variables(env.config), **good}) is None
    upper = dict.fromkeys(WAITS, "60") | dict.fromkeys(COUNTS, "1000") | {"CLOCK_SKEW": "300"}
    assert refusal_of({**environment_variables(env.config), **upper}) is None


@pytest.mark.parametrize(
    "query",
    ["", "?sslmode=verify-full", "?host=one:5432,two:5433", "?host=one:1&host=two:2"],
)
def test_addresses_that_postgresql_takes_are_not_refused(env: Environment, query: str) -> None:
    """The other control, of what libpq decides."""
    good = {**environment_variables(env.config), "DATABASE_URL": f"{DATABASE}:5432/numbers{query}"}
    assert refusal_of(good) is None


@pytest.mark.parametrize("name", ["RDS_USERNAME", "RDS_PASSWORD", "RDS_HOSTNAME", "RDS_DB_NAME"])
def test_a_part_of_the_databases_address_that_is_no_utf_8_is_refused(
    env: Environment, name: str
) -> None:
    parts = {"RDS_USERNAME": "ada", "RDS_PASSWORD": "hidden-word", "RDS_HOSTNAME": "db"}
    parts |= {"RDS_DB_NAME": "numbers", name: "hidden-\udcff"}
    text = refusal_of({**environment_variables(env.config), "DATABASE_URL": "", **parts})
    assert text is not None
    assert name in text
    assert "hidden" not in text
