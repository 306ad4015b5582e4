"""What a running application asks of its callers and does not declare."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import requests

from apiproof.access.example_values import ExampleValues
from apiproof.access.http import Request, Sender, Unreachable
from apiproof.access.payloads import Hints, PayloadSource
from apiproof.access.users import User
from apiproof.environment import Environment
from apiproof.jwt import NO_AUTH, RequestAuth, Scheme, presented, schemes
from apiproof.openapi.document import Operation, operations
from apiproof.openapi.undeclared import BEARER, with_security
from apiproof.service import SeedUser

REFUSED = (401, 403)
_NOBODY: Final = User("nobody")
NONSENSE = "ey.ey.nonsense"  # no token at all


class Undeclared(NamedTuple):
    """What an application asks for, though its document does not say so.

    Attributes:
        scheme: How it takes tokens, an OpenAPI Security Scheme Object.
        operations: operationIds.
    """

    scheme: Mapping[str, str] = BEARER
    operations: tuple[str, ...] = ()


NOTHING: Final = Undeclared()


def undeclared_security(
    env: Environment, places: Iterable[tuple[str, str]] = (), scopes: Iterable[str] = ()
) -> Undeclared:
    """Return the operations that refuse callers without a token, and declare nothing of it.

    With a token, an access or an id token, they answer otherwise: 403, say, where a role is
    missing. Where a bearer token changes nothing, the same is tried in other places.

    Args:
        env: Where the application runs, with a client.
        places: Cookies and headers that its source reads: `("cookie", "access_token")`.
        scopes: Those that its source may ask for.
    """
    open_ones = [operation for operation in operations(env.document) if not operation.secured]
    without = [(operation, _status(env, operation)) for operation in open_ones]
    refused = [(operation, status) for operation, status in without if status in REFUSED]
    if not refused:
        return NOTHING
    account = env.new_account()
    granted = env.cognito.issue_tokens(account.username, scopes).access_token
    tokens = (account.access_token, account.id_token, granted)
    carriers = [BEARER, *({"type": "apiKey", "in": place, "name": name} for place, name in places)]
    for carrier in carriers:
        [scheme] = schemes({"components": {"securitySchemes": {"tried": carrier}}}).values()
        found = tuple(
            operation.operation_id
            for operation, status in refused
            if any(_status(env, operation, scheme.present(token)) != status for token in tokens)
        )
        if found:
            return Undeclared(carrier, found)
    return NOTHING


def token_kinds(env: Environment, undeclared: Undeclared, group: str = "") -> dict[str, str]:
    """Return `access` or `id` by operationId, for operations that take one of them alone.

    Args:
        env: Where the application runs, with a client.
        undeclared: What `undeclared_security` found.
        group: The user's, if any.
    """
    found = {}
    account = env.create_user(_member(group)) if group else env.new_account()
    secured, declared = secured_operations(env, undeclared)
    for operation in secured:
        access = env.cognito.issue_tokens(account.username, operation.scopes or None).access_token
        nonsense, by_access, by_id = (
            status_with(env, operation, declared, token)
            for token in (NONSENSE, access, account.id_token)
        )
        if by_access in REFUSED and by_id in REFUSED:  # a role is missing, where they differ
            is_access, is_id = by_access != nonsense, by_id != nonsense
        else:
            is_access, is_id = by_access not in REFUSED, by_id not in REFUSED
        if is_access != is_id:
            found[operation.operation_id] = "access" if is_access else "id"
    return found


def needed_scopes(
    env: Environment, undeclared: Undeclared, scopes: Iterable[str], group: str = ""
) -> dict[str, tuple[str, ...]]:
    """Return the scopes by operationId without which an access token is refused.

    Args:
        env: Where the application runs, with a client.
        undeclared: What `undeclared_security` found.
        scopes: Those that the code may ask for.
        group: The user's, if any.
    """
    every = tuple(scopes)
    secured, declared = secured_operations(env, undeclared)
    account = env.create_user(_member(group)) if group and every else env.new_account()

    def height(operation: Operation, granted: tuple[str, ...]) -> int:
        """Return how far a token with these scopes leads: nowhere, to a refusal, to a success."""
        token = env.cognito.issue_tokens(account.username, granted).access_token
        status = status_with(env, operation, declared, token)
        return 0 if status in REFUSED or not 200 <= status < 500 else 1 + (status < 300)

    found = {}
    for operation in secured if every else ():
        most = 0 if operation.scopes else height(operation, every)
        if most <= height(operation, ()):
            continue
        needed = every
        for scope in every:
            fewer = tuple(each for each in needed if each != scope)
            needed = fewer if height(operation, fewer) == most else needed
        found[operation.operation_id] = needed
    return found


def secured_operations(
    env: Environment, undeclared: Undeclared
) -> tuple[list[Operation], Mapping[str, Scheme]]:
    """Return the operations that ask for a credential, declared or not, and their schemes."""
    document = with_security(
        env.document, dict.fromkeys(undeclared.operations, ()), undeclared.scheme
    )
    return [each for each in operations(document) if each.secured], schemes(document)


def status_with(
    env: Environment, operation: Operation, declared: Mapping[str, Scheme], token: str
) -> int:
    """Return what an operation answers to a token, without a body; 0 where it hangs up."""
    return _status(env, operation, presented(operation.security, declared, token) or NO_AUTH)


def needed_group(env: Environment, undeclared: Undeclared, groups: Iterable[str]) -> str:
    """Return the group without which nothing lets a user in; empty where none is needed.

    Args:
        env: Where the application runs, with a client.
        undeclared: What `undeclared_security` found.
        groups: Those that the code names.
    """
    secured, declared = secured_operations(env, undeclared)

    def is_let_in(seed: SeedUser) -> bool:
        account = env.create_user(seed)
        return any(
            status_with(env, each, declared, token) not in REFUSED
            for each in secured
            for token in (account.access_token, account.id_token)
        )

    if not secured or is_let_in(_member("")):
        return ""
    return next((group for group in groups if is_let_in(_member(group))), "")


def _member(group: str) -> SeedUser:
    name = f"member-{group}"
    return SeedUser(name, f"{name}@example.com", groups=(group,) if group else ())


def _status(env: Environment, operation: Operation, auth: RequestAuth = NO_AUTH) -> int:
    """Return what a request that fits the document is answered: credentials may be read last."""
    document = env.document
    payloads = PayloadSource(document, ExampleValues(document), Hints())
    content = next(payloads.recipes(operation))(_NOBODY, 0)
    path = {str(it["name"]): payloads.value_of(it) for it in payloads.path_parameters(operation)}
    try:
        return Sender(env.client).send_once(Request(operation, path, content), auth).status
    except (Unreachable, requests.RequestException):
        return 0
