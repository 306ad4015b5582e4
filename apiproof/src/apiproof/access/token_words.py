"""How a token is sent that a service has given: by which word, and whether a sign-up gave it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.http import Request, Response
from apiproof.access.login_entries import bare, other_headers
from apiproof.access.requirements import SecurityModel
from apiproof.access.users_wfc import FileUser, only_token
from apiproof.jwt import RequestAuth, SessionEnd
from apiproof.openapi.document import Operation

WORDS = ("Bearer", "Token", "JWT", "")
READS = 2  # operations that are tried
ASKED = 15  # operations that are asked without a credential, for one that refuses that
AUTHORIZATION = "authorization"


def accepted_word(
    security: SecurityModel,
    headers: Mapping[str, str],
    own: Iterable[Operation],
    send: Callable[[Request, RequestAuth], Response | None],
) -> str | None:
    """Return the word before a token that a service takes in place of the one in a file.

    None where the file's is right, the document says which, or none is taken. A document that
    declares a token as an API key in `Authorization` does not say it.

    Args:
        security: The document's operations.
        headers: What a user of the file sends: the token, and what goes along, a tenant's name say.
        own: What tells users about themselves.
        send: Sends a request; None where it may not be sent.
    """
    held = headers.get("Authorization", "")
    keys = [one for one in security.schemes.values() if one.field.lower() == AUTHORIZATION]
    if not held or not keys or any(one.is_http for one in security.schemes.values()):
        return None
    reads = [*own, *(one for one in security.operations if one.method == "GET")]
    ends = security.endings[SessionEnd.SIGNED_OUT]
    reads = [one for one in reads if "{" not in one.path and one not in ends]
    reads = [one for one in reads if one.secured] or _refused(reads, send)
    now = held.rpartition(" ")[0]
    for word in dict.fromkeys((now, *WORDS)):
        sent = {**headers, "Authorization": f"{word} {bare(held)}".strip()}
        auth = RequestAuth(headers=sent)
        for operation in list(dict.fromkeys(reads))[:READS]:
            answer = send(Request(operation), auth)
            if answer is not None and answer.ok:
                return None if word == now else word
    return None


def _refused(
    reads: Iterable[Operation], send: Callable[[Request, RequestAuth], Response | None]
) -> list[Operation]:
    """Return a read that refuses who has no credential, where the document secures none."""
    for operation in list(dict.fromkeys(reads))[:ASKED]:
        answer = send(Request(operation), RequestAuth())
        if answer is not None and answer.status in {401, 403}:
            return [operation]
    return []


def with_word(user: FileUser, word: str) -> FileUser:
    """Return a user of a file whose token is sent after another word."""
    login = user.entry.get("loginEndpointAuth", {})
    if str(login.get("token", {}).get("sendName", "")).lower() != AUTHORIZATION:
        return user
    token = {**login["token"], "sendTemplate": f"{word} {{token}}".strip()}
    return replace(user, entry={**user.entry, "loginEndpointAuth": {**login, "token": token}})


def given_at_sign_up(name: str, login: Mapping[str, Any], answer: Any) -> FileUser | None:
    """Return a new account with the token that its sign-up gave; None where it gave none.

    Such an account serves where its e-mail address has to be confirmed before a login.

    Args:
        name: The account's.
        login: How others sign in, and send their token.
        answer: The sign-up's.
    """
    sent = login["loginEndpointAuth"].get("token", {})
    token = only_token(answer)
    if token is None or sent.get("sendIn") != "header":
        return None
    value = str(sent.get("sendTemplate", "{token}")).replace("{token}", token)
    headers = [*other_headers(login), {"name": sent["sendName"], "value": value}]
    return FileUser(name, {"name": name, "fixedHeaders": headers})
