"""Every response of a probe is inspected: is it a conforming error, does it leak a secret?

Sources: RFC 9110, 10.2.3 (Retry-After), 11.6.1 (WWW-Authenticate); RFC 6750, 3 (Bearer).
"""

import email.utils
import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.checks import Impact
from apiproof.access.disclosures import code_handed_out
from apiproof.access.http import Request, Response
from apiproof.access.report import SHOWN, Finding
from apiproof.access.requirements import SecurityModel
from apiproof.access.users import UserSource
from apiproof.jwt import RequestAuth
from apiproof.openapi.document import Operation
from apiproof.openapi.references import flattened
from apiproof.openapi.responses import ResponseValidator
from apiproof.redaction import LOOKS, is_secret, secrets_in

_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


class ErrorConformance:
    """Compares errors with what a document declares."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._responses = ResponseValidator(document)

    def faults(self, operation: Operation, response: Response) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with an error, as a short name and a sentence.

        Args:
            operation: What was asked for.
            response: The response.
        """
        if response.status < 400:
            return
        yield from self._shape(operation, response)
        if response.status == 401 and "www-authenticate" not in response.headers:
            yield "challenge-401", "the 401 has no WWW-Authenticate (RFC 9110, 11.6.1)"
        if response.status in {429, 503}:
            yield from _retry(response)

    def _shape(self, operation: Operation, response: Response) -> Iterator[tuple[str, str]]:
        fault = self._responses.body_error(operation, response.status, response.json)
        if fault:
            yield f"shape-{response.status}", fault


def challenge_faults(
    response: Response, *, shown: bool, scopes: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the challenge to a bearer token (RFC 6750, 3).

    Args:
        response: A refusal of a credential, for no other reason than the credential.
        shown: Whether a bearer token was sent.
        scopes: What the operation asks for.
    """
    header = response.headers.get("www-authenticate", "")
    status = response.status
    if not header:
        yield f"challenge-{status}", f"the {status} has no WWW-Authenticate (RFC 6750, 3)"
        return
    if not header.lower().startswith("bearer"):
        return
    given = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(header)}
    expected = {401: "invalid_token" if shown else None, 403: "insufficient_scope"}[status]
    if given.get("error") != expected:
        wanted = f'error="{expected}"' if expected else "no error code, because no token was sent"
        yield f"challenge-error-{status}", f"the {status} takes {wanted} (RFC 6750, 3.1)"
    if status == 403 and "scope" in given and set(given["scope"].split()) != set(scopes):
        yield "challenge-scopes", "the scopes named are not those that the operation declares"


def _retry(response: Response) -> Iterator[tuple[str, str]]:
    value = response.headers.get("retry-after")
    name = f"retry-{response.status}"
    if value is None:
        yield name, f"the {response.status} has no Retry-After (RFC 9110, 10.2.3)"
    elif not value.isdigit() and not _is_date(value):
        yield name, "Retry-After is neither seconds nor an HTTP date (RFC 9110, 10.2.3)"


def _is_date(value: str) -> bool:
    try:
        return email.utils.parsedate_to_datetime(value) is not None
    except ValueError:
        return False


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
        for found in pattern.finditer(text):
            is_signed_url = _IN_QUERY.search(text[: found.start()][-80:])  # meant to be followed
            if found.group() not in sent and not is_signed_url:
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


_GIVES_CREDENTIALS = re.compile(
    r"log[-_]?in|sign[-_]?(in|up)|regist|token|session|auth|refresh|api[-_]?keys?|/keys?\b",
    re.IGNORECASE,
)
_PASSWORD = re.compile(
    r"^(\w+_)?(password|passwd|pwd|passphrase)(_?(hash|digest|salt))?$|^(hashed|encrypted)_?passw"
    r"|^(pw|pass)_?(hash|digest|salt)$",
    re.IGNORECASE,
)
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
            ):
                return str(name)
            if found := password_field(part):
                return found
    return ""


def _without_secrets(body: Any) -> Any:
    """Return a body without members that are secret by their names, passwords excepted."""
    if isinstance(body, list):
        return [_without_secrets(part) for part in body]
    if not isinstance(body, Mapping):
        return body
    return {
        name: _without_secrets(part)
        for name, part in body.items()
        if _PASSWORD.search(str(name)) or not is_secret(str(name))
    }


LEAKS, ERRORS = "secrets_not_leaked", "errors_conform"


class Inspection:
    """Looks at answers and collects findings."""

    def __init__(
        self,
        document: Mapping[str, Any],
        security: SecurityModel,
        user_source: UserSource,
        *,
        is_abroad: bool = False,
    ) -> None:
        """Prepare.

        Args:
            document: The document.
            security: Its operations.
            user_source: Knows the secrets that were handed out.
            is_abroad: Whether the service is somebody else's.
        """
        self._is_abroad = is_abroad
        self._security = security
        self._user_source = user_source
        self._operations = {item.label: item for item in security.operations}
        self._resolve = functools.partial(flattened, document)
        self._error_conformance = ErrorConformance(document)
        self.findings: dict[str, Finding] = {}

    def see(self, request: Request, auth: RequestAuth, response: Response) -> None:
        """Look at one answer."""
        for finding in self.of(request, auth, response):
            self.findings.setdefault(finding.id, finding)

    def of(self, request: Request, auth: RequestAuth, response: Response) -> Iterator[Finding]:
        """Yield what is wrong with one answer."""
        # As the document has it: a probe may try a public operation as if it were secured.
        operation = self._operations.get(request.operation.label, request.operation)
        name = operation.operation_id
        for fault, text in self._error_conformance.faults(operation, response):
            if self._is_abroad and self._is_matter_of_taste(operation, fault):
                continue
            yield Finding(
                ERRORS, name, fault, text, response.evidence, response=response, cause=fault
            )
        for kind, value in self._leaked(operation, request, auth, response):
            if kind == OF_THE_RUN:
                what = f"{kind}, {self._named(value, request, auth)},"
                place = _place(response, re.compile(re.escape(value)).search)
            else:
                what, place = kind, _place(response, PATTERNS[kind].search)
            text = f"a {response.status} holds {what} {place}"
            finding = self._leak(operation, f"{kind}-{response.status}", text, response)
            # FastAPI's 422 shows what was sent to who sent it: unwise, and nobody else's to read.
            is_echo = not response.ok and _is_sent(value, request)
            yield replace(finding, impact=Impact.DEVIATION) if is_echo else finding
        if response.ok and (field := password_field(response.json)):
            fields = {scheme.field.lower() for scheme in self._security.schemes.values()}
            is_anonymous = not (auth.cookies or auth.query) and not any(
                name.lower() in fields for name in auth.headers
            )
            whom = "anybody, without a credential" if is_anonymous else "whoever asks"
            text = f"shows passwords or their hashes to {whom}: {field}"
            case = f"password-{response.status}"
            yield self._leak(operation, case, text, response, f"{SHOWN} {field}")

        if field := code_handed_out(request, auth, response):
            text = f"gives whoever asks what should be sent to the account's owner: {field}"
            yield self._leak(
                operation, f"code-{response.status}", text, response, f"{SHOWN} {field}"
            )

    def _is_matter_of_taste(self, operation: Operation, fault: str) -> bool:
        """Whether no standard demands what an answer lacks.

        Retry-After is optional (RFC 6585, 4; RFC 9110, 15.6.4); and a 401 names an HTTP
        authentication scheme, which cookies, API keys and login forms are not.
        """
        choices = self._security.alternatives(operation)
        is_http = any(use.scheme.is_http for one in choices for use in one)
        return fault.startswith("retry-") or (fault == "challenge-401" and not is_http)

    def _leak(
        self, operation: Operation, case: str, text: str, response: Response, cause: str = ""
    ) -> Finding:
        name = operation.operation_id
        evidence = response.evidence
        return Finding(LEAKS, name, case, text, evidence, response=response, cause=cause)

    def _named(self, value: str, request: Request, auth: RequestAuth) -> str:
        """Say which secret a value is, and never the value."""
        for name, text in _named_texts(request.content.body):
            if text == value and is_secret(name):
                return f"the `{name}` that was sent"
        for name, header in auth.headers.items():
            if value in (header if isinstance(header, str) else header.decode("latin-1")):
                return f"the credential that was sent in {name}"
        is_token = PATTERNS["a token"].fullmatch(value)
        return "a token that was handed out" if is_token else "a password or code of a user"

    def _leaked(
        self, operation: Operation, request: Request, auth: RequestAuth, response: Response
    ) -> Iterator[tuple[str, str]]:
        text, body = response.text, response.json
        if response.ok and body is not None:
            declared = self._declared(operation, response.status)
            if _GIVES_CREDENTIALS.search(f"{operation.path} {operation.operation_id}"):
                declared = {}
                body = _without_secrets(body)
            body = without_declared_secrets(body, declared, self._resolve)
            text = json.dumps(body, ensure_ascii=False)
        text += "".join(f"\n{part}" for part in _texts(body))  # without JSON's escapes
        text += "".join(
            f"\n{value}" for name, value in response.headers.items() if name != "set-cookie"
        )
        said = {value for name, value in _named_texts(request.content.body) if not is_secret(name)}
        own = [*self._user_source.secrets(), *secrets_in(request.content.body)]
        own = [secret for secret in own if not any(secret in text for text in said)]
        fields = {scheme.field.lower() for scheme in self._security.schemes.values()}
        own += [
            _credential(value) for name, value in auth.headers.items() if name.lower() in fields
        ]
        yield from _leaking(text, own, sent=json.dumps(request.content.body, default=str))

    def _declared(self, operation: Operation, status: int) -> dict[str, Any]:
        responses = operation.definition.get("responses", {})
        declared = (
            responses.get(str(status)) or responses.get("2XX") or responses.get("default", {})
        )
        content = self._resolve(declared).get("content", {})
        return next(
            (part.get("schema", {}) for name, part in content.items() if "json" in name), {}
        )


def _is_sent(value: str, request: Request) -> bool:
    return any(value in text for _, text in _named_texts(request.content.body))


def _credential(value: str | bytes) -> str:
    text = value if isinstance(value, str) else value.decode("latin-1")
    return text.rpartition(" ")[2]


def _named_texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _named_texts(part, str(key))
    elif isinstance(value, list):
        for part in value:
            yield from _named_texts(part, name)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
