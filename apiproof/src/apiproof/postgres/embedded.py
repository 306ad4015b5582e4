"""The embedded server of this process: booted from a cached cluster, ended by its watchdog.

It knows how to boot and to end one; databases are made elsewhere.
"""

import json
import os
import secrets
import subprocess
import sys
from typing import Any
from urllib.parse import quote

from apiproof.postgres import watchdog
from apiproof.postgres.address import ServerAddress
from apiproof.postgres.binaries import INSTEAD, account, bin_directory
from apiproof.postgres.cluster import ROLE, create_data_directory, trust_extensions
from apiproof.postgres.connection import ReconnectingConnection
from apiproof.postgres.errors import ServerNotStarted
from apiproof.postgres.run_directory import RunDirectory, make_directory, remove_stale

SETTINGS = {
    # Nothing outlives the run, so nothing needs to reach the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "64MB",
    # Wipes leave dead rows behind, thousands of times.
    "autovacuum_naptime": "10s",
    # Test queries are small: compiling them costs more than it gains.
    "jit": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # Shared memory within the data directory goes when that goes, even after SIGKILL.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedServer:
    """A PostgreSQL of our own on a Unix socket, and on a TCP port of 127.0.0.1 if asked for."""

    def __init__(
        self, directory: RunDirectory, process: "subprocess.Popen[str]", port: int
    ) -> None:
        self._directory = directory
        self._process = process
        self.port = port
        host = quote(str(directory.socket), safe="")
        self.address = ServerAddress(f"{ROLE}@", f"host={host}&port={port}", "postgres")

    @classmethod
    def boot(cls, *, tcp: bool = False) -> "EmbeddedServer":
        """Boot a server; with `tcp` it listens on a free port and asks for a random password.

        Raises:
            ServerNotStarted: it can't be done here; the text says what to do instead.
        """
        remove_stale()
        directory = make_directory(account())
        try:
            create_data_directory(directory.data, account())
            server = cls._kept(directory, tcp=tcp)
        except BaseException:
            directory.remove()
            raise
        os.close(directory.lock)  # watchdog and server hold it from here on
        if tcp:
            server.open_to_passwords()
        return server

    @classmethod
    def _kept(cls, directory: RunDirectory, *, tcp: bool) -> "EmbeddedServer":
        with directory.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                # Isolated: no site-packages, so that it starts in a few milliseconds.
                [sys.executable, "-I", "-S", watchdog.__file__, _order(directory, tcp=tcp)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd="/",
                pass_fds=[directory.lock],
                start_new_session=True,  # Ctrl+C in a terminal is for us, not for the watchdog
            )
        try:
            port = _port_of(process)
        except BaseException:
            _dismiss(process)
            raise
        return cls(directory, process, port)

    def open_to_passwords(self) -> None:
        """Give the role a random password and let the address be the TCP one."""
        password = secrets.token_urlsafe(16)
        superuser = ServerAddress("postgres@", self.address.query, "postgres")
        connection = ReconnectingConnection(superuser.libpq_url("postgres"))
        connection.run(f"ALTER ROLE {ROLE} PASSWORD %s", (password,))
        connection.close()
        self.address = ServerAddress(f"{ROLE}:{password}@127.0.0.1:{self.port}", "", "postgres")

    def stop(self) -> None:
        """Stop the server and remove its data."""
        _dismiss(self._process)


def _port_of(process: "subprocess.Popen[str]") -> int:
    """Wait for the watchdog's word on how the boot went."""
    word = process.stdout.readline() if process.stdout else ""
    answer: dict[str, Any] = json.loads(word or '{"failure": "its watchdog was killed"}')
    if "failure" in answer:
        raise ServerNotStarted(
            f"the embedded PostgreSQL doesn't boot ({answer['failure']}): repair that, {INSTEAD}"
        )
    return int(answer["port"])


def _order(directory: RunDirectory, *, tcp: bool) -> str:
    listening = {
        "unix_socket_directories": str(directory.socket),
        "listen_addresses": "127.0.0.1" if tcp else "",
        "extension_control_path": f"{trust_extensions(directory.data, account())}:$system",
    }
    order = {
        "postgres": str(bin_directory() / "postgres"),
        "directory": str(directory.path),
        "data": str(directory.data),
        "log": str(directory.log),
        "lock": directory.lock,
        "tcp": tcp,
        "account": account().process_arguments(),
        "settings": SETTINGS | listening,
    }
    return json.dumps(order)


def _dismiss(process: "subprocess.Popen[str]") -> None:
    """End the watchdog, which ends the server, and wait until both are gone."""
    process.communicate("stop\n")
