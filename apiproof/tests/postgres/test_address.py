import pytest
from sqlalchemy import make_url

from apiproof.postgres import DatabaseUrlInvalid
from apiproof.postgres.address import ServerAddress

START = "doesn't start with postgresql://"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_scheme_becomes_the_one_of_psycopg2(scheme: str) -> None:
    address = ServerAddress.parse(f"{scheme}://ford:towel@localhost:5432/main?sslmode=disable")
    assert (
        address.sqlalchemy_url("other")
        == "postgresql+psycopg2://ford:towel@localhost:5432/other?sslmode=disable"
    )
    assert address.libpq_url("other").startswith("postgresql://ford:towel@")
    assert address.maintenance == "main"


def test_server_without_a_database_in_its_url_is_entered_by_postgres() -> None:
    assert ServerAddress.parse("postgres://localhost").maintenance == "postgres"


def test_socket_url_keeps_its_directory() -> None:
    address = ServerAddress.parse("postgresql://ford@/main?host=%2Fvar%2Frun")
    assert make_url(address.sqlalchemy_url("other")).query == {"host": "/var/run"}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ford:hunter2@localhost/main",
        "postgresql://ford@localhost/main?password=hunter2",
    ],
)
def test_address_as_text_hides_the_password(url: str) -> None:
    address = ServerAddress.parse(url)
    assert str(address) == "ford@localhost/main"
    assert "hunter2" not in repr(address)


@pytest.mark.parametrize(
    ("url", "fact"),
    [
        ("mysql://ford:hunter2@localhost/main", START),
        ("localhost:5432", START),
        ("ford:hunter2@localhost/main", START),
        ("postgresql://ford:hunter2@localhost:port/main", "no readable host and port"),
        ("postgresql://ford:hunter2@[::1/main", "no readable host and port"),
        ("postgresql://ford:hunter2#@localhost/main", "no readable host and port"),
        ("postgresql://ford@localhost/main#hunter2", "'#'"),
        ("postgresql://", "no host"),
        ("   ", START),
    ],
)
def test_bad_url_is_refused_in_one_line_with_a_remedy(url: str, fact: str) -> None:
    with pytest.raises(DatabaseUrlInvalid) as refusal:
        ServerAddress.parse(url)
    text = str(refusal.value)
    assert fact in text
    assert "postgresql://user:password@host:5432/postgres" in text
    assert "hunter2" not in text
    assert "\n" not in text
