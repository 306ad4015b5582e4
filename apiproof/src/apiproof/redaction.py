"""What is secret, once for the whole kit: names that carry secrets, and what secrets look like.

Reports, HAR files, terminal output and curl commands are redacted with it, and answers, logs and
reports are searched with it.
"""

import functools
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

HIDDEN: Final = "[Filtered]"  # Schemathesis' word, which stands in its HAR files already

# `token_type`, `token_use` and `token_endpoint` say something about tokens and are none.
_NAME: Final = (
    r"passw|passphrase|secret|token(?![_-]?(?:type|use|url|endpoint)s?\b)|authorization|credential"
    r"|cookie|api[_-]?key|private[_-]?key|\botp\b"
    r"|(?:confirmation|verification|authorization|auth|mfa|recovery|reset|user)[_-]?code"
)
_WHOLE_NAMES: Final = frozenset({"code", "session"})  # secrets alone, but not inside other names
_SECRET_NAME: Final = re.compile(_NAME, re.IGNORECASE)
_SHORTEST: Final = 6  # characters of a known secret; what is shorter would be found by chance

LOOKS: Final[Mapping[str, re.Pattern[str]]] = {
    "a token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*"),
    "a password hash": re.compile(
        r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{20,}|\$argon2(?:id|i|d)\$|\$[156]\$[./A-Za-z0-9]{4,}\$"
        r"|pbkdf2[_:-]sha\d+[$:]|\bscrypt[$:]\d+|\{SSHA\d*\}"
    ),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a database URL": re.compile(
        r"\b(?:postgres(?:ql)?|mysql|mongodb)(?:\+\w+)?://[^\s/]+:[^\s@]+@"
    ),
}
"""Secrets by their looks, whatever the name that carries them."""

_JWT: Final = re.compile(r"\beyJ[\w-]*\.[\w-]+(?:\.[\w-]*)*")
# A JSON member, also one that was cut off; a form field; a name is checked by `is_secret`.
_JSON_MEMBER: Final = re.compile(r'"((?:[^"\\\n]|\\.){1,80})"(\s*:\s*)"(?:[^"\\\n]|\\.)*"?')
_FORM_FIELD: Final = re.compile(r"(^|[&?])([\w.\[\]-]{1,80})=([^&\s\"']*)")


@functools.lru_cache(4096)  # a document has few names, and each answer has them again
def is_secret(name: str) -> bool:
    """Whether a field, header or parameter of this name carries a secret."""
    return name.lower() in _WHOLE_NAMES or bool(_SECRET_NAME.search(name))


def redact(text: str) -> str:
    """A text, JSON or a form say, without the values of secret fields, and without tokens."""
    text = _JSON_MEMBER.sub(_without_member, text)
    text = _FORM_FIELD.sub(_without_field, text)
    return _JWT.sub(HIDDEN, text)


def redact_value(value: Any, name: str = "") -> Any:
    """A JSON value without secrets; a text is hidden altogether where its name says so."""
    if isinstance(value, str):
        return HIDDEN if is_secret(name) else _JWT.sub(HIDDEN, value)
    if isinstance(value, Mapping):
        return {key: redact_value(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_value(item, name) for item in value]
    return value


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers without secrets; `Authorization: Bearer x` becomes `Bearer $TOKEN`."""
    return {name: _header(name, value) for name, value in headers.items()}


def redact_har(path: Path) -> None:
    """Take the secrets out of a HAR file's bodies, in place; half a file is removed.

    Schemathesis 4.32 filters headers and URLs there (reporting/har.py), but no body.
    """
    if not path.is_file():
        return
    try:
        har = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # an interrupted run wrote half of it
        path.unlink()
        return
    for entry in har["log"]["entries"]:
        _redact_text(entry["request"].get("postData", {}))
        _redact_text(entry["response"].get("content", {}))
        for parameter in entry["request"].get("postData", {}).get("params") or []:
            if is_secret(parameter.get("name", "")):
                parameter["value"] = HIDDEN
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(har, indent=1), encoding="utf-8")
    draft.replace(path)  # atomic: an interrupted run leaves no half file


def redact_junit(path: Path) -> None:
    """Take the secrets out of a JUnit report's texts, in place; half a file is removed.

    Schemathesis writes the answers that broke a rule into it as they came.
    """
    if not path.is_file():
        return
    try:
        tree = ET.parse(path)  # noqa: S314  # our own file
    except ET.ParseError:  # an interrupted run wrote half of it
        path.unlink()
        return
    for element in tree.iter():
        if element.text:
            element.text = redact(element.text)
        for name, value in element.attrib.items():
            element.set(name, redact(value))
    draft = path.with_suffix(".draft")
    tree.write(draft, encoding="utf-8", xml_declaration=True)
    draft.replace(path)


class KnownSecrets:
    """Secrets of one exchange by their values, each of which becomes a name like `$TOKEN`.

    `$TOKEN` stands for the access token in every text, so that a curl command can be run with
    one's own.

    Args:
        values: named values, of which those with a secret name are hidden.
        token: the access token that was sent.
    """

    def __init__(self, values: Mapping[str, Any], token: str | None) -> None:
        self._names = {
            value: f"${name.upper()}"
            for name, value in values.items()
            if isinstance(value, str) and len(value) >= _SHORTEST and is_secret(name)
        }
        for value in (token, values.get("access_token")):
            if isinstance(value, str) and value:
                self._names[value] = "$TOKEN"

    @property
    def names(self) -> set[str]:
        """What stands for secrets in redacted texts."""
        return {"$TOKEN", *self._names.values()}

    def text(self, text: str) -> str:
        """A text in which known secrets and tokens are names."""
        for value, name in self._names.items():
            text = text.replace(value, name)
        return _JWT.sub("$TOKEN", text)

    def body(self, text: str) -> str:
        """A body, likewise, and without the values of its secret fields."""
        return _JSON_MEMBER.sub(_without_member, self.text(text))

    def value(self, value: Any, path: str) -> Any:
        """A JSON value, likewise; hidden altogether where the last step of its path is secret."""
        if isinstance(value, str) and is_secret(path.rpartition(".")[2]):
            return HIDDEN
        if value is None or isinstance(value, bool | int | float):
            return value
        return json.loads(self.body(json.dumps(value, ensure_ascii=False)))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers, likewise; what the consumer itself wrote as a bearer token stays."""
        return {name: self.text(value) for name, value in headers.items()}


def secrets_in(body: Any, names: Collection[str]) -> Iterator[str]:
    """Yield the passwords, codes and tokens that a request body holds.

    Args:
        body: Decoded.
        names: The members that mean something; a text under any other name is no secret.
    """
    if isinstance(body, Mapping):
        for name, part in body.items():
            if isinstance(part, str) and is_secret(str(name)) and name in names:
                yield part
            else:
                yield from secrets_in(part, names)
    elif isinstance(body, list):
        for part in body:
            yield from secrets_in(part, names)


def files_with_secrets(files: Iterable[Path], secrets: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """Yield the files, logs and reports say, that hold a secret, and its kind."""
    known = [secret for secret in secrets if len(secret) >= _SHORTEST]
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")
        if any(secret in text for secret in known):
            yield path, "a secret of the run"
        yield from ((path, kind) for kind, look in LOOKS.items() if look.search(text))


def _header(name: str, value: str) -> str:
    scheme, _, credential = value.partition(" ")
    if name.lower() in {"authorization", "proxy-authorization"} and credential:
        return f"{scheme} {'$TOKEN' if scheme.lower() == 'bearer' else HIDDEN}"
    return HIDDEN if is_secret(name) else _JWT.sub("$TOKEN", value)


def _without_member(found: re.Match[str]) -> str:
    name, colon = found[1], found[2]
    return f'"{name}"{colon}"{HIDDEN}"' if is_secret(name) else found[0]


def _without_field(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}={HIDDEN}" if is_secret(found[2]) else found[0]


def _redact_text(part: dict[str, Any]) -> None:
    if isinstance(part.get("text"), str):
        part["text"] = redact(part["text"])
