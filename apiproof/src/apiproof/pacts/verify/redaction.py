"""Keeping secrets out of whatever people read: tokens, codes and passwords become names.

`$TOKEN` stands for the access token in every text, so that a curl line can be run with one's own.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apiproof.pacts.verify.results import Exchange

_SECRET = re.compile(r"token|password|secret|confirmation_code", re.IGNORECASE)
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*(\.[\w-]*)*")
_FIELD = re.compile(
    r'("(?:access_token|id_token|refresh_token|password|new_password|current_password'
    r'|client_secret)"\s*:\s*)"(?:[^"\\]|\\.)*"'
)
_SHORTEST = 6  # characters; what is shorter would be found by chance


class Redaction:
    """Replaces what one interaction's states kept secret.

    Args:
        values: what the states returned.
        token: the access token that was put in the place of the consumer's.
    """

    def __init__(self, values: Mapping[str, Any], token: str | None) -> None:
        self._names = {
            value: f"${name.upper()}"
            for name, value in values.items()
            if isinstance(value, str) and len(value) >= _SHORTEST and _SECRET.search(name)
        }
        for value in (token, values.get("access_token")):
            if isinstance(value, str):
                self._names[value] = "$TOKEN"

    @property
    def names(self) -> set[str]:
        """What stands for secrets in redacted texts."""
        return {"$TOKEN", *self._names.values()}

    def text(self, text: str) -> str:
        """A text without secrets."""
        for value, name in self._names.items():
            text = text.replace(value, name)
        return _JWT.sub("$TOKEN", text)

    def answer(self, text: str) -> str:
        """A body without secrets, and without the values of fields that are called one."""
        return _FIELD.sub(r'\1"(not shown)"', self.text(text))

    def value(self, value: Any, path: str) -> Any:
        """A JSON value without secrets; hidden altogether where its path names one."""
        name = path.rpartition(".")[2]
        if isinstance(value, str) and _SECRET.search(name) and "token_type" not in name:
            return "(not shown)"
        if value is None or isinstance(value, bool | int | float):
            return value
        return json.loads(self.answer(json.dumps(value, ensure_ascii=False)))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers without secrets; what the consumer itself wrote as a bearer token stays."""
        return {name: self.text(value) for name, value in headers.items()}

    def exchange(self, exchange: Exchange) -> Exchange:
        """A request and its answer without secrets."""
        return replace(
            exchange,
            target=self.text(exchange.target),
            headers=self.headers(exchange.headers),
            body=self.text(exchange.body),
            answer_headers=self.headers(exchange.answer_headers),
            answer_body=self.answer(exchange.answer_body),
        )
