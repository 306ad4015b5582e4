"""What answers give away: codes for whoever asks, and what others have stored as private."""

import contextlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.fields import PASSWORD_FIELD, WORD, fields_of, named_values
from apiproof.access.http import NotPrepared, Request, Response
from apiproof.access.prepare import RequestPreparer
from apiproof.access.report import SHOWN, AccessFinding
from apiproof.access.resources import items_of
from apiproof.access.users import User
from apiproof.jwt import NO_AUTH, NotApplicable, RequestAuth, decode_unverified
from apiproof.openapi.document import Operation
from apiproof.redaction import LOOKS, is_secret

MOST = 2  # accounts whose objects are read again
_MAILED = re.compile(r"reset|forgot|recover|resend|verif|confirm|otp", re.IGNORECASE)
# What is sent by mail or telephone, and never in the answer to whoever asks for it.
_CODE = re.compile(
    r"^((password_?)?(reset|recovery|verification|verify|confirmation|otp|one_?time|activation)_?)?"
    r"(pin|otp|token|code|link)$",
    re.IGNORECASE,
)
_PRIVATE = re.compile(
    rf"card_?(no|num|holder|cv|exp|name)|cvv|cvc|{WORD}(iban|ssn)|social_?sec|passport|tax_?(id|no|num)"
    r"|diagnos|medical|bank_?acc|routing",
    re.IGNORECASE,
)


def code_handed_out(request: Request, auth: RequestAuth, response: Response) -> str:
    """Return the member that holds a code which should have been mailed; empty for none.

    Args:
        request: What was asked for, by anybody: to reset or confirm something.
        auth: With which credential.
        response: The answer.
    """
    operation = request.operation
    words = f"{operation.path} {operation.operation_id}"
    if (
        not response.ok
        or operation.method != "POST"
        or operation.secured
        or any(vars(auth).values())
    ):
        return ""
    given = [path[-1] for path, _ in fields_of(request.content.body)]
    has_proof = any(PASSWORD_FIELD.search(name) or _CODE.search(name) for name in given)
    if not _MAILED.search(words) or has_proof:
        return ""
    members = [(path[-1], value) for path, value in _members(response.json)]
    return next((name for name, value in members if _CODE.search(name) and _is_code(value)), "")


def token_for_the_named(request: Request, response: Response, accounts: Iterable[User]) -> bool:
    """Whether an answer holds a token of whoever the request named, and nothing proved who asks.

    Args:
        request: What was asked for, without a credential.
        response: The answer.
        accounts: Those that may be named; not one that the request has just made.
    """
    if not response.ok or "eyJ" not in response.text:
        return False
    said = [*request.values.items(), *named_values(dict(request.content.params))]
    said += named_values(request.content.body)
    proofs = (is_secret, PASSWORD_FIELD.search, _CODE.search)
    if any(is_proof(name) for name, _ in said for is_proof in proofs):
        return False
    named = {str(value) for _, value in said}
    for account in accounts:
        own = {str(value) for value in account.attributes.values()}
        for found in LOOKS["a token"].finditer(response.text) if own & named else ():
            token = decode_unverified(found.group())
            if token and own & {str(value) for _, value in fields_of(token.claims)}:
                return True
    return False


def _is_code(value: Any) -> bool:
    """Whether a value may be a code, and is no status that an envelope has."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    return bool(re.search(r"\d{3}|[\w-]{16}", str(value))) and str(value) not in {
        "200",
        "201",
        "202",
    }


def _members(value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    for item in items_of(value):
        yield from ((path, part) for path, part in fields_of(item) if len(path) == 1)


class PrivateValues:
    """Remembers what accounts of the run's own stored, and who is shown it."""

    check = "secrets_not_leaked"

    def __init__(self, accounts: Accounts, nonce: str) -> None:
        """Prepare.

        Args:
            accounts: Know whose a credential is.
            nonce: What texts of the run hold, so that no two are alike by chance.
        """
        self._accounts = accounts
        self._nonce = nonce
        self._stored: dict[str, str] = {}

    def findings(
        self, operation: Operation, request: Request, auth: RequestAuth, response: Response
    ) -> Iterator[AccessFinding]:
        """Yield what an answer shows to others than its owner, and remember what is stored.

        Args:
            operation: What was asked for, as the document has it.
            request: How.
            auth: With which credential.
            response: The answer.
        """
        known = self._accounts.own_accounts
        if not any(vars(auth).values()) and token_for_the_named(request, response, known):
            text = "gives anybody, without a password, a token of whom they name"
            yield AccessFinding(
                self.check, operation.operation_id, "token-of-the-named", text, response=response
            )
        holder = self._accounts.holder_of(auth)
        asker = holder.name if holder is not None else ""
        is_known = holder is not None or not any(vars(auth).values())
        for path, value in _members(response.json) if response.ok and is_known else ():
            owner = self._stored.get(str(value)) if _PRIVATE.search(path[-1]) else None
            if owner is not None and owner != asker:
                yield self._found(operation, response, path[-1], is_anonymous=holder is None)
        said = list(_members(request.content.body)) if holder is not None and response.ok else []
        if any(_PRIVATE.search(path[-1]) for path, _ in said):
            own = {v for _, v in said if isinstance(v, str) and self._nonce in v}
            self._stored.update(dict.fromkeys(own - set(self._stored), asker))

    def look_again(self, preparer: RequestPreparer) -> None:
        """Read what those who stored something made, as somebody else and as nobody.

        What is shown of them is looked at like any other answer.
        """
        for name in list(dict.fromkeys(self._stored.values()))[:MOST]:
            owner = next((one for one in self._accounts.own_accounts if one.name == name), None)
            for operation in preparer.security.operations if owner is not None else ():
                if operation.method == "GET":
                    with contextlib.suppress(NotPrepared, NotApplicable):
                        prepared = preparer.prepared(operation, user=owner)
                        other = self._accounts.other(prepared.user)
                        auth = preparer.credential(operation, other)
                        for one in (auth, NO_AUTH):
                            preparer.sender.send(prepared.request, one)

    def _found(
        self, operation: Operation, response: Response, name: str, *, is_anonymous: bool
    ) -> AccessFinding:
        whom = "anybody, without a credential," if is_anonymous else "another user"
        text = f"shows {whom} what an account stored as {name}"
        return AccessFinding(
            self.check,
            operation.operation_id,
            f"private-{name}",
            text,
            response.evidence,
            response=response,
            cause=f"{SHOWN} {name}",
        )
