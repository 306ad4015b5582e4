"""Secrets in answers: of the run, by their looks, passwords, and codes that should be mailed."""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.checks import Impact
from apiproof.access.declared_members import declared_members
from apiproof.access.disclosures import code_handed_out
from apiproof.access.fields import named_values
from apiproof.access.http import Request, Response
from apiproof.access.report import SHOWN, AccessFinding
from apiproof.access.requirements import SecurityModel
from apiproof.access.users import UserSource
from apiproof.jwt import RequestAuth, decode_unverified
from apiproof.openapi.document import Operation
from apiproof.openapi.references import flattened
from apiproof.openapi.responses import ResponseValidator
from apiproof.redaction import LOOKS, is_secret, secrets_in

ERRORS = {"a stack trace", "SQL"}
OF_THE_RUN = "a secret of the run"
SHORTEST = 8  # characters of a known secret; shorter ones turn up by chance

PATTERNS: dict[str, re.Pattern[str]] = {
    **LOOKS,
    "a stack trace": re.compile(
        r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+"
        r"|\bat [\w.$]+\([\w]+\.java:\d+\)|\bat .+ \(.+\.js:\d+:\d+\)"
    ),
    "SQL": re.compile(
        r"\bSELECT\b[^;]{1,400}\bFROM\b|\bINSERT INTO\b|\bUPDATE \S+ SET\b|\bDELETE FROM\b"
        r"|psycopg2?\.|sqlalchemy\.(?:exc|orm)|sqlalche\.me|\bsqlite3\.\w+Error|ORA-\d{5}"
        r"|duplicate key value violates|violates (?:foreign key|not-null|check) constraint"
        r"|relation \"\w+\" does not exist"
    ),
}

# In a text without any of these there is no use in looking: expressions take twenty times as long.
NEEDLES: dict[str, tuple[str, ...]] = {
    "a token": ("eyJ",),
    "a password hash": ("$2", "$argon2", "$1$", "$5$", "$6$", "pbkdf2", "scrypt", "{SSHA"),
    "a private key": ("-----BEGIN ",),
    "an AWS access key": ("AKIA", "ASIA"),
    "a database URL": ("postgres", "mysql", "mongodb"),
    "a stack trace": ("Traceback ", 'File "', ".java:", ".js:"),
    "SQL": (
        "SELECT", "INSERT INTO", "UPDATE ", "DELETE FROM", "psycopg", "sqlalche", "sqlite3.",
        "ORA-", "duplicate key", "violates ", 'relation "',
    ),
}  # fmt: skip

_IN_QUERY = re.compile(r"[?&][\w-]+=$")


def leaks(text: str, secrets: Iterable[str], sent: str = "") -> Iterator[str]:
    """Yield what kinds of secrets a text holds.

    Args:
        text: An answer's body, a log or a report.
        secrets: The known secrets of the run.
        sent: What the request itself said; what merely comes back by its looks is no leak.
    """
    yield from dict(_leaking(text, secrets, sent))


def _leaking(text: str, secrets: Iterable[str], sent: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the first value of each kind."""
    known = (secret for secret in secrets if len(secret) >= SHORTEST and secret in text)
    if value := next(known, ""):
        yield OF_THE_RUN, value
    for name, pattern in PATTERNS.items():
        if not any(needle in text for needle in NEEDLES[name]):
            continue
        for found in pattern.finditer(text):
            is_signed_url = _IN_QUERY.search(text[: found.start()][-80:])  # meant to be followed
            if found.group() not in sent and not is_signed_url and found.group() != value:
                yield name, found.group()
                break


def _place(response: Response, holds: Callable[[str], object]) -> str:
    """Return where an answer holds something: the path of a JSON member, a header, or its text."""
    inner = next((path for path, text in _leaves(response.json) if holds(text)), None)
    if inner is not None:
        return f"at ${inner}"
    for name, text in response.headers.items():
        if holds(text):
            return f"in the header {name}"
    return "in its text"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, f"{path}.{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _leaves(part, f"{path}[{number}]")
    else:
        yield path, str(value)


def without_declared_secrets(body: Any, schema: Mapping[str, Any], resolve: Any) -> Any:
    """Return a JSON body without the fields whose declared purpose is to carry a credential.

    Args:
        body: The answer's body.
        schema: Its declared schema.
        resolve: Follows references in a schema.
    """
    found = resolve(schema)
    if isinstance(body, list):
        return [without_declared_secrets(part, found.get("items", {}), resolve) for part in body]
    if not isinstance(body, Mapping):
        return body
    declared = found.get("properties", {})
    return {
        name: without_declared_secrets(part, declared.get(name, {}), resolve)
        for name, part in body.items()
        if not (name in declared and is_secret(name))
    }


# A coupon's code, a course's session: secrets only where one signs in or confirms something.
_PLAIN = {"code", "session"}
_ABOUT_CODES = re.compile(
    r"log[-_]?in|sign|auth|token|verif|confirm|reset|recover|activat|invit|otp|mfa|2fa|session",
    re.IGNORECASE,
)
_GIVES_CREDENTIALS = re.compile(
    r"log[-_]?in|sign[-_]?(in|up)|regist|token|session|auth|refresh|api[-_]?keys?|/keys?\b",
    re.IGNORECASE,
)
_PASSWORD = re.compile(
    r"^(\w+_)?(password|passwd|pwd|passphrase)(_?(hash|digest|salt))?$|^(hashed|encrypted)_?passw"
    r"|^(pw|pass)_?(hash|digest|salt)$",
    re.IGNORECASE,
)
_ENVIRONMENT = frozenset({"PATH", "HOME", "PWD", "LANG", "HOSTNAME", "SHELL", "USER"})
_MASKED = re.compile(
    r"[*\u2022xX.\u25cf-]*|string|\[?(filtered|redacted|hidden|secret)\]?", re.IGNORECASE
)


def password_field(body: Any) -> str:
    """Return the name of the first member that holds a password; empty where none does."""
    if isinstance(body, list):
        return next((found for part in body if (found := password_field(part))), "")
    if isinstance(body, Mapping):
        for name, part in body.items():
            if (
                isinstance(part, str)
                and _PASSWORD.search(str(name))
                and not _MASKED.fullmatch(part)
                and not (name == "PWD" and part.startswith("/"))  # a shell's working directory
            ):
                return str(name)
            if found := password_field(part):
                return found
    return ""


def shows_environment(body: Any) -> bool:
    """Whether a body holds the variables of a process: PATH, and at least one like it."""
    if isinstance(body, list):
        return any(map(shows_environment, body))
    if not isinstance(body, Mapping):
        return False
    is_path = isinstance(body.get("PATH"), str) and len(_ENVIRONMENT & set(body)) > 1
    return is_path or any(map(shows_environment, body.values()))


def _without_credentials(body: Any) -> Any:
    """Return a body without tokens, and without what its name calls a secret but a password."""
    if isinstance(body, list):
        return [_without_credentials(part) for part in body]
    if not isinstance(body, Mapping):
        return body
    return {
        name: _without_credentials(part)
        for name, part in body.items()
        if _PASSWORD.search(str(name)) or not (is_secret(str(name)) or _is_token(part))
    }


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and bool(PATTERNS["a token"].fullmatch(value))


def _shows_tokens(operation: Operation, response: Response) -> bool:
    """Whether a plain read shows tokens, declared or not: they are somebody's who did not ask."""
    words = f"{operation.path} {operation.operation_id}"
    is_plain = operation.method == "GET" and not _GIVES_CREDENTIALS.search(words)
    return is_plain and response.ok and bool(PATTERNS["a token"].search(response.text))


def _carries_token(header: str) -> bool:
    """Whether a login may give its token in a header, by the header's name."""
    return header == "authorization" or "token" in header


def _signs_in_or_up(operation: Operation, request: Request) -> bool:
    """Whether a request is a login or a sign-up, by any name: it gives a password, and no token."""
    is_open = operation.method == "POST" and not operation.secured
    return is_open and any(_PASSWORD.search(name) for name, _ in named_values(request.content.body))


class SecretLeaks:
    """Looks for secrets in answers."""

    check = "secrets_not_leaked"

    def __init__(
        self, document: Mapping[str, Any], security: SecurityModel, user_source: UserSource
    ) -> None:
        """Prepare.

        Args:
            document: The document.
            security: Its schemes.
            user_source: Knows the secrets that were handed out.
        """
        self._fields = {scheme.field.lower() for scheme in security.schemes.values()}
        self._security = security
        self._user_source = user_source
        self._resolve = functools.partial(flattened, document)
        self._responses = ResponseValidator(document)
        self._members = functools.cache(functools.partial(declared_members, document))

    def findings(
        self, operation: Operation, request: Request, auth: RequestAuth, response: Response
    ) -> Iterator[AccessFinding]:
        """Yield what an answer gives away.

        Args:
            operation: What was asked for, as the document has it.
            request: How.
            auth: With which credential.
            response: The answer.
        """
        for kind, value in self._leaked(operation, request, auth, response):
            if kind == OF_THE_RUN:
                what = f"{kind}, {self._named(value, request, auth)},"
                place = _place(response, re.compile(re.escape(value)).search)
            else:
                what, place = kind, _place(response, PATTERNS[kind].search)
            text = f"a {response.status} holds {what} {place}"
            # A framework that shows its errors does so everywhere.
            cause = f"{SHOWN} {kind}" if kind in ERRORS and not response.ok else ""
            finding = self._leak(operation, f"{kind}-{response.status}", text, response, cause)
            # FastAPI's 422 shows what was sent to who sent it, and some services the token in their
            # caller's profile: unwise, and nobody else's to read.
            is_echo = _is_held(value, auth) if response.ok else _is_sent(value, request)
            yield replace(finding, impact=Impact.DEVIATION) if is_echo else finding
        is_anonymous = self._security.is_bare(auth)
        if response.ok and (field := password_field(response.json)):
            whom = "anybody, without a credential" if is_anonymous else "whoever asks"
            text = f"shows passwords or their hashes to {whom}: {field}"
            case = f"password-{response.status}"
            yield self._leak(operation, case, text, response, f"{SHOWN} {field}")
        if is_anonymous and _shows_tokens(operation, response):
            text = "shows tokens to anybody, without a credential"
            yield self._leak(operation, f"tokens-{response.status}", text, response)
        if response.ok and shows_environment(response.json):
            text = "shows the environment variables of the server"
            yield self._leak(operation, f"environment-{response.status}", text, response)
        if field := code_handed_out(request, auth, response):
            text = f"gives whoever asks what should be sent to the account's owner: {field}"
            yield self._leak(
                operation, f"code-{response.status}", text, response, f"{SHOWN} {field}"
            )

    def _leak(
        self, operation: Operation, case: str, text: str, response: Response, cause: str = ""
    ) -> AccessFinding:
        name = operation.operation_id
        evidence = response.evidence
        return AccessFinding(self.check, name, case, text, evidence, response=response, cause=cause)

    def _named(self, value: str, request: Request, auth: RequestAuth) -> str:
        """Say which secret a value is, and never the value."""
        for name, text in _named_texts(request.content.body):
            if text == value and is_secret(name):
                return f"the `{name}` that was sent"
        for name, header in auth.headers.items():
            if value in (header if isinstance(header, str) else header.decode("latin-1")):
                return f"the credential that was sent in {name}"
        return "a token that was handed out" if _is_token(value) else "a password or code of a user"

    def _leaked(
        self, operation: Operation, request: Request, auth: RequestAuth, response: Response
    ) -> Iterator[tuple[str, str]]:
        text, body = response.text, response.json
        words = f"{operation.path} {operation.operation_id}"
        is_giving = _signs_in_or_up(operation, request) or _GIVES_CREDENTIALS.search(words)
        if response.ok and body is not None:
            body = without_own_tokens(body, auth)
            schema = self._responses.schema(operation, response.status)
            declared = schema.node if schema is not None else {}
            if is_giving:
                declared = {}
                body = _without_credentials(body)
            body = without_declared_secrets(body, declared, self._resolve)
            text = json.dumps(body, ensure_ascii=False)
        text += "".join(f"\n{part}" for part in _texts(body))  # without JSON's escapes
        text += "".join(
            f"\n{value}"
            for name, value in response.headers.items()
            if name != "set-cookie" and not (is_giving and response.ok and _carries_token(name))
        )
        said = {
            value
            for name, value in _named_texts(request.content.body)
            if not is_secret(name) or (name.lower() in _PLAIN and not _ABOUT_CODES.search(words))
        }
        own = [
            *self._user_source.secrets(),
            *secrets_in(request.content.body, self._members(operation)),
        ]
        own = [secret for secret in own if not any(secret in text for text in said)]
        own += [
            _credential(value)
            for name, value in auth.headers.items()
            if name.lower() in self._fields
        ]
        yield from _leaking(text, own, sent=json.dumps(request.content.body, default=str))


def without_own_tokens(body: Any, auth: RequestAuth) -> Any:
    """Return a body without further tokens of whom the credential that was sent is of.

    Some services give who asks for themselves, or changes their password, a new token with the
    answer.
    """
    held = [_credential(value) for value in auth.headers.values()]
    sent = next(filter(None, map(_identity, held)), None)
    if sent is None:
        return body
    if isinstance(body, list):
        return [without_own_tokens(part, auth) for part in body]
    if isinstance(body, Mapping):
        return {name: without_own_tokens(part, auth) for name, part in body.items()}
    is_new = isinstance(body, str) and body not in held and _identity(body) == sent
    return "" if is_new else body


_PASSING = frozenset({"exp", "iat", "nbf", "jti", "auth_time"})


def _identity(text: str) -> dict[str, Any] | None:
    """Return whom a token is of: its subject, or else its claims without times.

    None where a text is no token. A subject is unique at its issuer (RFC 7519, 4.1.2).
    """
    token = decode_unverified(text) if _is_token(text) else None
    if token is None:
        return None
    if token.claims.get("sub"):
        return {name: token.claims.get(name) for name in ("iss", "sub")}
    return {name: value for name, value in token.claims.items() if name not in _PASSING} or None


def _is_held(value: str, auth: RequestAuth) -> bool:
    return value in map(_credential, auth.headers.values())


def _is_sent(value: str, request: Request) -> bool:
    return any(value in text for text in _texts(request.content.body))


def _credential(value: str | bytes) -> str:
    text = value if isinstance(value, str) else value.decode("latin-1")
    return text.rpartition(" ")[2]


def _named_texts(value: Any) -> Iterator[tuple[str, str]]:
    return ((name, part) for name, part in named_values(value) if isinstance(part, str))


def _texts(value: Any) -> Iterator[str]:
    return (text for _, text in _named_texts(value))
