"""The database is looked for where the settings say, with the very name and password."""

import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from tests.service import application

PATIENCE = 30.0  # seconds
# Of PostgreSQL's protocol 3.0, "Message Formats".
ENCRYPTION = {80877103, 80877104}  # by TLS, by GSSAPI
ASKS_FOR_PASSWORD = b"R" + struct.pack("!ii", 8, 3)
PASSWORDS = ["plain", "p@ss/w:rd", "50%25?#&=+", "'quoted' \\ \"é", "%", "@localhost:1/other"]
NAME, DATABASE = "app/ada@ops:1", "numbers?of#1"


def read(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = connection.recv(count - len(found))
        assert more, "the client has hung up"
        found += more
    return found


def read_message(connection: socket.socket) -> bytes:
    (length,) = struct.unpack("!i", read(connection, 4))
    return read(connection, length - 4)


def who_asks(listener: socket.socket) -> tuple[str, str, str]:
    """Let one client in as far as its password: its name, its database, the password."""
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(PATIENCE)
        begins = read_message(connection)
        while struct.unpack("!i", begins[:4])[0] in ENCRYPTION:
            connection.sendall(b"N")
            begins = read_message(connection)
        words = begins[4:].decode().split("\0")
        told = dict(zip(words[::2], words[1::2], strict=False))
        connection.sendall(ASKS_FOR_PASSWORD)
        assert read(connection, 1) == b"p"
        password = read_message(connection).rstrip(b"\0").decode()
    return told["user"], told["database"], password


@contextmanager
def database_server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        yield listener


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("how", ["DATABASE_URL", "RDS_"])
def test_the_database_gets_the_name_and_the_password_of_the_settings_whatever_is_in_them(
    env: Environment, how: str, password: str
) -> None:
    with database_server() as server, ThreadPoolExecutor(1) as threads:
        host, port = server.getsockname()
        url = f"postgresql://{quote(NAME, '')}:{quote(password, '')}@{host}:{port}"
        alone = {"database_url": f"{url}/{quote(DATABASE, '')}"}
        parts = {
            "database_url": None,
            "rds_username": NAME,
            "rds_password": password,
            "rds_hostname": host,
            "rds_port": port,
            "rds_db_name": DATABASE,
        }
        asked = threads.submit(who_asks, server)
        settings = alone if how == "DATABASE_URL" else parts
        with AsgiClient(application(env.config, **settings)) as client:
            assert client.request("GET", "/ready").status_code == 503
        assert asked.result(PATIENCE) == (NAME, DATABASE, password)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg", "postgresql+asyncpg"])
def test_the_database_is_found_whichever_driver_its_address_names(
    env: Environment, scheme: str
) -> None:
    """Addresses are shared with programs that have another one, which need not be here."""
    _, _, address = env.config.database_url.partition("://")
    settings = {"database_url": f"{scheme}://{address}"}
    with AsgiClient(application(env.config, **settings)) as client:
        assert client.request("GET", "/ready").status_code == 200
