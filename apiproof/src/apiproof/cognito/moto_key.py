"""moto's signing key, one and the same for all pools: it is not read for ours, which drop it.

moto reads it anew for each pool that it makes, which takes 0.1 s of the processor: nine tenths of a
pool of ours. moto's own pools get the one that was read first.

Source: moto 5.2, cognitoidp/models.py, `CognitoIdpUserPool.__init__`; apiproof/tests/cognito/
test_seams.py says if that has changed.
"""

import contextlib
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from joserfc import jwk
from moto.cognitoidp import models

_here = threading.local()
_read: list[Any] = []  # what moto's pools had read last, and its key


class _KeyReader:
    """What moto's module takes for `RSAKey`."""

    @staticmethod
    def import_key(value: Any) -> Any:
        """Read a key once, as joserfc does, but not where a pool of ours is made."""
        if getattr(_here, "is_unread", False):
            return None
        if not _read or _read[0] != value:
            _read[:] = value, jwk.RSAKey.import_key(value)
        return _read[1]


models.jwk = SimpleNamespace(RSAKey=_KeyReader)  # type: ignore[attr-defined, assignment]  # see above


@contextlib.contextmanager
def motos_key_unread() -> Iterator[None]:
    """Leave moto's key unread in this thread for a block; pools made in it have None."""
    _here.is_unread = True
    try:
        yield
    finally:
        _here.is_unread = False
