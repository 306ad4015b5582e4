"""Environment variables of this process, and where it imports from: all that the kit changes.

Changes are borrowed: whatever order the borrowers give them back in, the values afterwards are
those of the borrowers that remain, and at the end those from before.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

Changes = Mapping[str, str | None]  # None takes a variable away

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")
_AWS_ACCESS = {
    # Credentials that open nothing: emulators check none, and real ones stay out.
    "AWS_ACCESS_KEY_ID": "apiproof",
    "AWS_SECRET_ACCESS_KEY": "apiproof",
    "AWS_SESSION_TOKEN": "apiproof",
    "AWS_EC2_METADATA_DISABLED": "true",
    # Files of the user may name endpoints, proxies and roles.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
# What AWS SDKs read and an application does not; applications' own names often begin with AWS_.
_AWS_SDK = (
    "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CA_BUNDLE",
    "AWS_ROLE_",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_",
    "AWS_SECURITY_TOKEN",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)

_lock = threading.RLock()
_before: dict[str, str | None] = {}
_borrowed: list[Changes] = []


@contextlib.contextmanager
def changed(changes: Changes) -> Iterator[None]:
    """Change variables for a block; see `borrow`."""
    borrow(changes)
    try:
        yield
    finally:
        give_back(changes)


def borrow(changes: Changes) -> None:
    """Change variables until `give_back` is called with the same object.

    Args:
        changes: Values by name; None takes a variable away.
    """
    with _lock:
        for name in changes:
            _before.setdefault(name, os.environ.get(name))
        _borrowed.append(changes)
        _apply(changes)


def give_back(changes: Changes) -> None:
    """End what `borrow` began."""
    with _lock:
        _borrowed[:] = [other for other in _borrowed if other is not changes]
        _apply(changes)
        for name in changes:
            if not any(name in other for other in _borrowed):
                _before.pop(name, None)


def _apply(names: Changes) -> None:
    for name in names:
        value = next(
            (changes[name] for changes in reversed(_borrowed) if name in changes), _before[name]
        )
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def isolation() -> dict[str, str | None]:
    """Return the changes that keep a user's AWS settings and proxies out of an environment.

    Everything that runs in one is on this machine: proxies, profiles, roles and other endpoints
    (LocalStack's, say) can only lead astray, in this process and in its children.
    """
    ambient = {
        name: None for name in os.environ if name.startswith(_AWS_SDK) or name.lower() in _PROXIES
    }
    return {**ambient, **_AWS_ACCESS}


def libpq_isolation() -> dict[str, str | None]:
    """Return the changes that keep a user's libpq settings (`PGHOST`, `PGSERVICE`...) out."""
    return {name: None for name in os.environ if name.startswith("PG") and name.isupper()}


def unproxied_loopback() -> dict[str, str | None]:
    """Return the changes after which no proxy is asked for addresses of this machine."""
    name = "no_proxy" if "no_proxy" in os.environ else "NO_PROXY"  # the lower case wins
    given = [host.strip() for host in os.environ.get(name, "").split(",") if host.strip()]
    hosts = ",".join(dict.fromkeys([*given, "localhost", "127.0.0.1", "::1"]))
    return {"no_proxy": hosts, "NO_PROXY": hosts}


def import_from(folder: Path | None = None) -> None:
    """Let modules be imported from a folder, where console scripts do not look.

    Args:
        folder: The project's; the current one where it is not given.
    """
    place = str(folder or Path.cwd())
    if place not in sys.path:
        sys.path.insert(0, place)
