"""What happened, as a shell script of HTTP calls that a person can follow.

Tokens, codes and subs differ from run to run and may be secrets, so that they are written as
variables, taken from the answers as the script runs. Knows HTTP, and no operation of a service.
"""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

import requests

HEADER = """\
# Follow it: `apiproof serve --ready ready.json` in another terminal, then run this with sh.
API=$(jq -r .base_url ready.json); COGNITO=$(jq -r .cognito_endpoint ready.json)"""
# Members of answers that later calls repeat.
_TAKEN = {
    "access_token": "TOKEN",
    "refresh_token": "REFRESH_TOKEN",
    "id_token": "ID_TOKEN",
    "sub": "SUB",
}
_VARIABLE = re.compile(r"\$\{[A-Z_]+[0-9]+\}")


class Script:
    """The calls so far.

    Args:
        tell: is given each piece as it is written.
    """

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self._tell = tell
        self._lines: list[str] = []
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    @property
    def text(self) -> str:
        """The whole script."""
        return "\n".join([HEADER, *self._lines])

    def act(self, comment: str, command: str = "") -> None:
        """Write what happened to the surroundings.

        Args:
            comment: for the reader.
            command: does it, where HTTP can.
        """
        self._write(f"# {comment}" + (f"\n{command}" if command else ""))

    def control(
        self, comment: str, path: str, body: Mapping[str, Any], method: str = "POST"
    ) -> None:
        """Write what the stand-in Cognito was told to do."""
        url = f'"$COGNITO/_apiproof/{path}"'
        self.act(comment, f"curl -sS -X {method} {url} --data-raw {shlex.quote(json.dumps(body))}")

    def code(self, username: str, code: str) -> None:
        """Write where a mailed code is found."""
        name = self._name("CODE", code)
        asked = f"username={username}"
        self._write(
            f'{name}=$(curl -sS -G "$COGNITO/_apiproof/outbox" --data-urlencode '
            f"{shlex.quote(asked)} | jq -r '.messages[-1].code')"
        )

    def call(self, response: requests.Response) -> None:
        """Write a request and what it was answered with."""
        request = response.request
        self._hide(request.headers)
        words = ["curl", "-sS", "-X", str(request.method), self._quoted(_target(request))]
        for header in ("Authorization", "Content-Type"):
            if header in request.headers:
                words += ["-H", self._quoted(f"{header}: {_text(request.headers[header])}")]
        if request.body:
            words += ["--data-raw", self._quoted(_text(request.body))]
        self._write(self._taking(response, " ".join(words)))

    def _hide(self, headers: Mapping[str, str | bytes]) -> None:
        """Give a token that no answer held a name of its own, so that it is not written out."""
        token = _text(headers.get("Authorization", "")).removeprefix("Bearer ")
        if token.strip() and token not in self._names:
            name = self._name("TOKEN", token)
            self._write(f"{name}=...  # made outside of the API, as the example above says")

    def _taking(self, response: requests.Response, command: str) -> str:
        """Keep what later calls need of the answer in variables."""
        answered = f"  # {response.status_code}"
        taken = [
            (self._name(_TAKEN[member], value), member)
            for member, value in _members(response).items()
            if member in _TAKEN and value not in self._names
        ]
        if not taken:
            return f"{command} -w '\\n'{answered}"
        reads = [f'{name}=$(echo "$ANSWER" | jq -r .{member})' for name, member in taken]
        return "\n".join([f"ANSWER=$({command}){answered}", *reads])

    def _name(self, kind: str, value: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        name = f"{kind}_{self._counts[kind]}"
        self._names[value] = f"${{{name}}}"
        return name

    def _quoted(self, text: str) -> str:
        """Quote a word for the shell, with variables in place of what differs from run to run."""
        for value, name in sorted(self._names.items(), key=lambda item: -len(item[0])):
            text = text.replace(value, name)
        if text.startswith("/"):
            return f'"$API"{self._word(text)}'
        return self._word(text)

    @staticmethod
    def _word(text: str) -> str:
        parts = _VARIABLE.split(text)
        names = [f'"{name}"' for name in _VARIABLE.findall(text)]
        quoted = [shlex.quote(part) if part else "" for part in parts]
        return "".join(a + b for a, b in zip(quoted, [*names, ""], strict=True)) or "''"

    def _write(self, piece: str) -> None:
        self._lines.append(piece)
        self._tell(piece)


def _target(request: requests.PreparedRequest) -> str:
    return request.path_url


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode(errors="backslashreplace")


def _members(response: requests.Response) -> dict[str, str]:
    try:
        document = response.json()
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    return {name: value for name, value in document.items() if isinstance(value, str)}
