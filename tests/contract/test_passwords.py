"""The database's password arrives as it was set, whatever characters it has, and is never shown."""

import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from tests.service import (
    alembic,
    application,
    environment_variables,
    migrate,
    migrate_by_url,
    operate,
)

PASSWORDS = {
    "all that means something in a URL": "s@w:o/r?d=1&2#[3]{4} +;'\"\\",
    "what looks like an escape": "100%41%%",
    "other letters": "pässwörd€",
}
# Of the protocol: "is there TLS?", "is there GSSAPI?" (PostgreSQL, "Message Formats").
_QUESTIONS = {80877103, 80877104}


class _Clerk(socketserver.StreamRequestHandler):
    """Asks for the password, notes it, and refuses it."""

    def handle(self) -> None:
        with suppress(struct.error):  # whoever hangs up
            while (code := struct.unpack("!I", self._message()[:4])[0]) in _QUESTIONS:
                self.wfile.write(b"N")
            assert code == 196608, "version 3 of the protocol"
            self.wfile.write(b"R" + struct.pack("!II", 8, 3))
            assert self.rfile.read(1) == b"p"
            self.server.heard.append(self._message().rstrip(b"\0").decode())  # type: ignore[attr-defined]  # of our server
            fields = b"SFATAL\0VFATAL\0C28P01\0Mwrong password\0\0"
            self.wfile.write(b"E" + struct.pack("!I", len(fields) + 4) + fields)

    def _message(self) -> bytes:
        (length,) = struct.unpack("!I", self.rfile.read(4))
        return self.rfile.read(length - 4)


class Database(socketserver.ThreadingTCPServer):
    """A server of PostgreSQL's protocol that lets nobody in."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Clerk)
        self.heard: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, password: str) -> str:
        return f"postgresql://ada:{quote(password, safe='')}@127.0.0.1:{self.port}/numbers"

    def parts(self, password: str) -> dict[str, str]:
        return {
            "rds_username": "ada",
            "rds_password": password,
            "rds_hostname": "127.0.0.1",
            "rds_port": str(self.port),
            "rds_db_name": "numbers",
        }


@pytest.fixture(scope="module")
def _server() -> Iterator[Database]:
    with Database() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server(_server: Database) -> Database:
    _server.heard.clear()
    return _server


Settings = dict[str, str | None]


def serve(env: Environment, settings: Settings) -> None:
    with AsgiClient(application(env.config, **settings)) as client:
        answer = client.request("GET", "/ready")
    assert answer.status_code == 503
    print(answer.text)  # noqa: T201 - judged with all other output


def in_capitals(settings: Settings) -> dict[str, str]:
    return {name.upper(): value for name, value in settings.items() if value is not None}


def disable_somebody(env: Environment, settings: Settings) -> None:
    others = environment_variables(env.config)
    del others["DATABASE_URL"]
    assert operate({**others, **in_capitals(settings)}, "disable", "ada") == 2


def upgrade_by_command(_env: Environment, settings: Settings) -> None:
    with pytest.raises(SystemExit) as ended:
        alembic(in_capitals(settings), "upgrade", "head")
    assert ended.value.code == 2


WAYS = {"service": serve, "operator": disable_somebody, "alembic": upgrade_by_command}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
def test_any_password_reaches_the_database_and_nobody_else(
    env: Environment,
    server: Database,
    capfd: pytest.CaptureFixture[str],
    way: Callable[[Environment, Settings], None],
    password: str,
) -> None:
    way(env, {"database_url": server.url(password)})
    way(env, {"database_url": None, **server.parts(password)})
    assert len(server.heard) >= 2
    assert set(server.heard) == {password}
    shown = "".join(capfd.readouterr())
    assert password not in shown
    assert quote(password, safe="") not in shown


@pytest.mark.parametrize("upgrade", [migrate, migrate_by_url])
@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
def test_a_process_that_upgrades_by_itself_sends_the_password_as_it_was_set(
    server: Database, password: str, upgrade: Callable[[str], None]
) -> None:
    with pytest.raises(Exception, match="wrong password"):
        upgrade(server.url(password))
    assert set(server.heard) == {password}
