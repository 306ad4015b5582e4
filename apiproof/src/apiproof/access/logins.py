"""Where accounts are signed up and signed in, read from the document."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apiproof.access.example_values import ExampleValues
from apiproof.access.fields import (
    EMAIL_FIELD,
    NAME_FIELD,
    PASSWORD_FIELD,
    fields_of,
    with_field,
)
from apiproof.access.http import FORM, QUERY, RequestContent
from apiproof.access.login_entries import BASIC, as_given
from apiproof.access.login_operations import login_operations, step_request
from apiproof.access.payloads import Hints, PayloadSource
from apiproof.access.requirements import SecurityModel
from apiproof.jwt import SPELLINGS, Scheme
from apiproof.openapi.document import Operation

_SIGN_UP = re.compile(r"sign[-_ ]?up|regist|enrol|create[-_ ]?(user|account)|join\b", re.IGNORECASE)
_COLLECTION = re.compile(r"/(users?|accounts?|members|customers)/?$", re.IGNORECASE)
_LOGIN = re.compile(
    r"log[-_ ]?in\b|sign[-_ ]?in\b|/(access[-_]?)?tokens?/?(\s|$)|/sessions?/?(\s|$)|authenticate"
    r"|/auth/?(\s|$)"
    r"|jwt/create",
    re.IGNORECASE,
)
_NOT_SIGN_UP = re.compile(
    r"log[-_ ]?in|sign[-_ ]?in|token|reset|forgot|verif|confirm|recover|admin|session",
    re.IGNORECASE,
)
_NO_LOGIN = re.compile(
    r"sign[-_ ]?up|regist|enrol|create|add|new|join\b|reset|forgot|recover|change|update|verif"
    r"|confirm|invit|activat|delete|remove|close",
    re.IGNORECASE,
)
_CONFIRM = re.compile(r"confirm|verif(y|ication)|activat", re.IGNORECASE)
_TOKEN_FIELD = re.compile(r"token|jwt|^key$|session", re.IGNORECASE)


def words_of(operation: Operation) -> str:
    """Return what names an operation: its path and id."""
    return f"{operation.path} {operation.operation_id.rpartition('.')[2]}"


def has_password(payloads: PayloadSource, operation: Operation) -> bool:
    """Whether an operation's body takes a password."""
    body = payloads.full_body(operation)
    return any(PASSWORD_FIELD.search(path[-1]) for path, _ in fields_of(body))


def find_sign_up(
    security: SecurityModel, payloads: PayloadSource, *, secured: bool = False
) -> Operation | None:
    """Return the operation with which anybody makes an account; None where there is none.

    Args:
        security: The document's operations.
        payloads: What their bodies hold.
        secured: Whether to look among those that the document asks a credential for.
    """
    found = [
        operation
        for operation in security.operations
        if operation.method == "POST"
        and operation.secured == secured
        and "{" not in operation.path
        and not _NOT_SIGN_UP.search(words_of(operation))
        and has_password(payloads, operation)
    ]
    named = [operation for operation in found if _SIGN_UP.search(words_of(operation))]
    plain = [operation for operation in found if _COLLECTION.search(operation.path)]
    return next(iter(named or plain), None)


def find_confirmation(security: SecurityModel) -> Operation | None:
    """Return the operation that confirms new accounts by what was mailed; None without one."""
    return next(
        (
            one
            for one in security.operations
            if not one.secured and _CONFIRM.search(words_of(one)) and one.method != "DELETE"
        ),
        None,
    )


def why_no_login(security: SecurityModel, error: Exception) -> str:
    """Say why a new account is of no use: it has to be confirmed, or its login fails."""
    if (confirming := find_confirmation(security)) is not None:
        return f"a new account has to be confirmed first ({confirming.label})"
    return f"a new account cannot sign in: {error}"


def find_login(security: SecurityModel, payloads: PayloadSource) -> Operation | None:
    """Return the operation that gives a credential for a name and a password, or None."""
    token_paths = _token_paths(security)
    posts = [
        operation
        for operation in security.operations
        if operation.method == "POST" and not operation.secured and "{" not in operation.path
    ]
    by_header = [
        one
        for one in security.operations
        if one.method == "POST"
        and "{" not in one.path
        and _LOGIN.search(words_of(one))
        and asks_for_basic(security, one)
    ]
    declared = [one for one in posts if any(one.path.endswith(path) for path in token_paths)]
    declared.sort(key=lambda one: one.path not in token_paths)  # `/login` before `/old/login`
    named = [one for one in posts if _LOGIN.search(words_of(one)) and has_password(payloads, one)]
    # By any other name: `/rpc/startSession` takes a password, and answers with a token.
    other = [
        one for one in posts if not _NO_LOGIN.search(words_of(one)) and _is_login(payloads, one)
    ]
    return next(iter([*declared, *named, *by_header, *other]), None)


def _is_login(payloads: PayloadSource, operation: Operation) -> bool:
    """Whether what takes a password gives a token, and makes no account."""
    names = [path[-1] for path, _ in fields_of(payloads.answer_example(operation))]
    gives = any(map(_TOKEN_FIELD.search, names)) or not names  # where nothing is said of it
    taken = [path[-1] for path, _ in fields_of(payloads.full_body(operation))]
    gives = gives and any(NAME_FIELD.search(name) or EMAIL_FIELD.search(name) for name in taken)
    is_made = bool(_COLLECTION.search(operation.path)) or "201" in operation.statuses
    return has_password(payloads, operation) and gives and not is_made


def with_open_logins(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document whose login, and sign-up, ask for no credential.

    A document that declares one for every operation declares it for the login, too, where nobody
    can have any: what it says of the sign-up is no better.
    """
    security = SecurityModel(document)
    payloads = PayloadSource(document, ExampleValues(document), Hints())
    if find_login(security, payloads) is not None:
        return document
    named = (
        one
        for one in security.operations
        if one.method == "POST" and "{" not in one.path and one.secured
        if _LOGIN.search(words_of(one)) and has_password(payloads, one)
    )
    if (login := next(named, None)) is None:
        return document
    sign_up = find_sign_up(security, payloads, secured=True)
    is_known = find_sign_up(security, payloads) is not None
    opened = [login, *([sign_up] if sign_up is not None and not is_known else [])]
    paths = {path: dict(item) for path, item in document["paths"].items()}
    for one in opened:
        paths[one.path]["post"] = {**paths[one.path]["post"], "security": []}
    return {**document, "paths": paths}


def asks_for_basic(security: SecurityModel, operation: Operation) -> bool:
    """Whether an operation takes a name and a password by the Basic scheme, and nothing else."""
    choices = security.alternatives[operation.security]
    return bool(choices) and all(use.scheme.kind == "basic" for choice in choices for use in choice)


def login_content(login: Mapping[str, Any]) -> RequestContent | None:
    """Return what a login says in its body, or query; None where it says it elsewhere.

    Args:
        login: A `loginEndpointAuth`, filled in.
    """
    media = str(login.get("contentType", "application/json"))
    if "payloadRaw" in login:
        raw = str(login["payloadRaw"])
        body = dict(parse_qsl(raw)) if media == FORM else json.loads(raw)
        return RequestContent(body=body, media=media)
    given = login.get("payloadUserPwd")
    if given is None:
        return None
    body = {
        given["usernameField"]: given["username"],
        given["passwordField"]: given["password"],
    }
    return RequestContent(body=body, media=QUERY if given.get("sendIn") == "query" else media)


def _token_paths(security: SecurityModel) -> list[str]:
    schemes = security.document.get("components", {}).get("securitySchemes", {})
    urls = [
        str(scheme.get("flows", {}).get("password", {}).get("tokenUrl", ""))
        for scheme in schemes.values()
        if isinstance(scheme, Mapping)
    ]
    return ["/" + urlsplit(url).path.lstrip("/") for url in urls if url]


def login_template(
    security: SecurityModel, payloads: PayloadSource, login: Operation
) -> dict[str, Any]:
    """Return a Web Fuzzing Commons `loginEndpointAuth` for an operation, without name and password.

    Nested bodies, and those that take a name and an address, come as `payloadRaw` with
    `{username}`, `{email}` and `{password}` to be filled in.
    """
    asked = login_operations(security, payloads, login)
    if len(asked) > 1:
        steps = [step_request(payloads, one, asked[:place]) for place, one in enumerate(asked)]
        handling = _token_handling(security, payloads, asked[-1])
        return {**steps[0], **handling, "steps": steps[1:], "values": {}}
    media, _ = payloads.body_schema(login)
    fields = list(fields_of(payloads.full_body(login)))
    names = [path for path, _ in fields if NAME_FIELD.search(path[-1])]
    emails = [path for path, _ in fields if EMAIL_FIELD.search(path[-1])]
    passwords = [path for path, _ in fields if PASSWORD_FIELD.search(path[-1])]
    needed = {path for path, _ in fields_of(payloads.full_body(login, full=False))}
    others = [
        path
        for path, value in fields
        if path in needed and path not in passwords and isinstance(value, str | int)
    ]
    name = next(iter([*names, *emails, *others]), ("username",))
    password = next(iter(passwords), ("password",))
    also = [path for path in emails if path in needed and path != name]  # a name and an address
    template: dict[str, Any] = {"verb": "POST", "endpoint": login.path}
    if media != QUERY:
        template["contentType"] = media or "application/json"
    if asks_for_basic(security, login):
        template = {"verb": "POST", "endpoint": login.path, BASIC: {}}
    elif len(name) == len(password) == 1 and not also:
        where = {"sendIn": "query"} if media == QUERY else {}
        said = {"usernameField": name[0], "passwordField": password[0], **where}
        template["payloadUserPwd"] = said
    else:
        template["payloadRaw"] = json.dumps(_login_body(name, password, also))
    if media == FORM and "grant_type" in {path[-1] for path, _ in fields}:
        template["payloadUserPwd"] = {"usernameField": name[0], "passwordField": password[0]}
    return {**template, **_token_handling(security, payloads, login)}


def _login_body(
    name: tuple[str, ...], password: tuple[str, ...], emails: Iterable[tuple[str, ...]]
) -> Any:
    """Return the body of a login, with places to fill in."""
    body = with_field(with_field({}, name, "{username}"), password, "{password}")
    for email in emails:
        body = with_field(body, email, "{email}")
    return body


def login_entry(
    security: SecurityModel, payloads: PayloadSource, entries: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, Any] | None, str]:
    """Return the login that another account can take, and which user of the file takes it.

    It is that of a user of the file, or the document's, with places to fill in; None where neither
    says one.

    Args:
        security: The document's operations.
        payloads: What logins hold.
        entries: The file's users.
    """
    users = list(entries)
    for entry in users:
        if {"payloadUserPwd", BASIC} & {*entry.get("loginEndpointAuth", {}), *entry}:
            return dict(entry), str(entry["name"])
    operation = find_login(security, payloads)
    if operation is None:
        return None, ""
    template = login_template(security, payloads, operation)
    for entry in users:  # how the file's users do it is sure to be right
        login = entry.get("loginEndpointAuth", {})
        if str(login.get("endpoint", "")).strip("/") == operation.path.strip("/"):
            fixed = {key: entry[key] for key in ("fixedHeaders",) if key in entry}
            given = {"name": "", **fixed, "loginEndpointAuth": as_given(template, login)}
            return given, str(entry["name"])
    return {"name": "", "loginEndpointAuth": template}, ""


def prefix_of_credential(security: SecurityModel, scheme: Scheme | None) -> str:
    """Return the word before a credential in its header; empty where there is none.

    An API key in `Authorization` is a bearer token by another name: it goes with a word, which
    only the description tells (`Token format: Token xxx.yyy`), and `Bearer` where that is silent.
    """
    if scheme is None or scheme.is_http:
        return SPELLINGS.get(scheme.kind, scheme.kind) if scheme is not None else "Bearer"
    if scheme.field.lower() != "authorization":
        return ""
    declared = security.document.get("components", {}).get("securitySchemes", {})
    text = str(declared.get(scheme.name, {}).get("description", ""))
    found = re.search(r"\b(Token|JWT|ApiKey) +(&lt;|[<{\[(x]|eyJ|abc|your)", text)
    return found[1] if found and "bearer" not in text.lower() else "Bearer"


def _token_handling(
    security: SecurityModel, payloads: PayloadSource, login: Operation
) -> dict[str, Any]:
    declared = list(security.schemes.values())  # a login by Basic gives something else
    schemes = [one for one in declared if one.kind != "basic"] or declared
    scheme = next((one for one in schemes if one.bears_tokens), next(iter(schemes), None))
    if scheme is not None and scheme.place == "cookie":
        return {"expectCookies": True}
    answer = payloads.answer_example(login)
    paths = [path for path, _ in fields_of(answer) if _TOKEN_FIELD.search(path[-1])]
    best = next((path for path in paths if "type" not in path[-1].lower()), ("access_token",))
    word = prefix_of_credential(security, scheme)
    template = f"{word} {{token}}" if word else "{token}"
    return {
        "token": {
            "extractFrom": "body",
            "extractSelector": "/" + "/".join(best),
            "sendIn": "query" if scheme is not None and scheme.place == "query" else "header",
            "sendName": scheme.field if scheme is not None else "Authorization",
            "sendTemplate": template,
        }
    }
