"""The pool's key set over HTTP.

Must not know what the keys are for.
"""

import json
import urllib.request
from typing import Any

_LARGEST = 1_000_000


class HttpJwks:
    """A JwksSource (see api.identity.base) behind a URL."""

    def __init__(self, url: str, *, timeout: float) -> None:
        """Remember where the key set is.

        Args:
            url: http or https, checked by the settings.
            timeout: seconds for each network step.
        """
        self._url = url
        self._timeout = timeout

    def fetch(self) -> dict[str, Any]:
        request = urllib.request.Request(self._url, headers={"Accept": "application/json"})  # noqa: S310 - the settings admit http and https only
        with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310 - likewise
            document = json.loads(answer.read(_LARGEST))
        if not isinstance(document, dict):
            raise ValueError("The key set is not a JSON object")
        return document
