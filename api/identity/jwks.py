"""The pool's key set over HTTP.

Must not know what the keys are for.
"""

import json
import urllib.request
from http.client import HTTPException
from typing import Any

from typing_extensions import override

from api.identity.base import JwksSource

_LARGEST = 1_000_000


class HttpJwks(JwksSource):
    """A key set behind a URL."""

    def __init__(self, url: str, *, timeout: float) -> None:
        """Remember where the key set is.

        Args:
            url: http or https, checked by the settings.
            timeout: seconds for each network step.
        """
        self._url = url
        self._timeout = timeout

    @override
    def fetch(self) -> dict[str, Any]:
        try:
            # The settings admit http and https only.
            with urllib.request.urlopen(self._url, timeout=self._timeout) as answer:  # noqa: S310
                document: dict[str, Any] = json.loads(answer.read(_LARGEST))
        except HTTPException as error:
            raise OSError("The key set's server does not speak HTTP") from error
        return document
