"""The identities file that `access init` writes: the document's login, two users to fill in."""

from collections.abc import Mapping
from typing import Any

import yaml

from apiproof.access.example_values import ExampleValues
from apiproof.access.fields import EMAIL_FIELD, NAME_FIELD, fields_of
from apiproof.access.login_entries import BASIC
from apiproof.access.login_operations import values_asked
from apiproof.access.logins import (
    asks_for_basic,
    find_login,
    find_sign_up,
    login_template,
    prefix_of_credential,
    with_open_logins,
)
from apiproof.access.machine_entries import machine_entry
from apiproof.access.parameter_credentials import with_undeclared_schemes
from apiproof.access.payloads import Hints, PayloadSource
from apiproof.access.requirements import SecurityModel
from apiproof.access.sign_up_body import members_given
from apiproof.access.users_wfc import FILL_IN
from apiproof.errors import UserError
from apiproof.openapi.document import Operation

NAMES, MACHINES = ("alice", "bob"), ("first-client", "second-client")
_HEAD = """\
# Users for `apiproof access`, as a Web Fuzzing Commons auth document:
# https://github.com/WebFuzzing/Commons. Two users of the same rights show what each may see of
# the other; one more, with a `role`, shows what its role alone may do.
"""
_MACHINES = """\
# Machines: clients with a secret. Take out the scopes that a client may not have; two clients of
# different scopes show what each scope alone may do.
"""
_UNDECLARED = (
    "# The document declares no security scheme: what a login gives is sent as a bearer token.\n"
)


class NoSecurity(UserError):
    """Nothing in a document asks for a credential."""


def identities_file(document: Mapping[str, Any]) -> str:
    """Return the text of an identities file for a document.

    Raises:
        NoSecurity: Nothing in the document asks for a credential.
    """
    document = with_open_logins(with_undeclared_schemes(document))
    security = SecurityModel(document)
    payloads = PayloadSource(document, ExampleValues(document), Hints())
    is_declared = bool(security.schemes)
    if not is_declared:
        security = SecurityModel(_with_bearer(document))
    login = find_login(security, payloads)
    is_for_clients = login is None or asks_for_basic(security, login)
    machine = machine_entry(security, payloads) if is_for_clients else None
    if machine is not None:
        machines = [{"name": name, **machine} for name in MACHINES]
        return _HEAD + _MACHINES + _dumped({"auth": machines})
    if login is None and not is_declared:
        raise NoSecurity(
            "The document declares neither a security scheme nor a login, so there is nobody to "
            "sign in. Declare a scheme under components/securitySchemes."
        )
    if login is None:
        return _HEAD + _note(security, payloads) + _dumped({"auth": _with_headers(security)})
    template = login_template(security, payloads, login)
    domain = _domain(security, payloads, login)
    users = [_user(name, template, domain) for name in NAMES]
    shared = {"loginEndpointAuth": template, **_sign_up(security, payloads)}
    whole = {"authTemplate": shared, "auth": users}
    note = _note(security, payloads) + ("" if is_declared else _UNDECLARED)
    return _HEAD + note + _dumped(whole)


def _with_bearer(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document that has a bearer token for its security scheme."""
    schemes = {"bearer": {"type": "http", "scheme": "bearer"}}
    components = {**(document.get("components") or {}), "securitySchemes": schemes}
    return {**document, "components": components}


def _note(security: SecurityModel, payloads: PayloadSource) -> str:
    sign_up = find_sign_up(security, payloads)
    if sign_up is None:
        return "# No sign-up was found: what would change these users' accounts is left out.\n"
    asked = members_given(payloads, sign_up)
    only = "; only you can tell what it asks for under `signUp`" if asked else ""
    return f"# Further accounts are signed up with {sign_up.label}{only}.\n"


def _sign_up(security: SecurityModel, payloads: PayloadSource) -> dict[str, Any]:
    """Return what a sign-up asks that only somebody who knows the service can tell."""
    sign_up = find_sign_up(security, payloads)
    asked = members_given(payloads, sign_up) if sign_up is not None else []
    return {"signUp": dict.fromkeys(asked, FILL_IN)} if asked else {}


def _domain(security: SecurityModel, payloads: PayloadSource, login: Operation) -> str:
    """Return what makes a login name an e-mail address; empty where a plain name signs in.

    OAuth 2.0 calls the field `username` whatever it holds (RFC 6749, 4.3.2): where nobody signs up
    with a name but with an address, that is what they sign in with.
    """
    if asks_for_basic(security, login):
        return ""
    names, emails = _naming(payloads, login)
    sign_up = find_sign_up(security, payloads)
    if names and sign_up is not None:
        names, emails = _naming(payloads, sign_up)
    return "@example.com" if emails and not names else ""


def _naming(payloads: PayloadSource, operation: Operation) -> tuple[list[str], list[str]]:
    """Return the fields of a body that hold a name, and those that hold an e-mail address."""
    fields = [path[-1] for path, _ in fields_of(payloads.full_body(operation))]
    emails = [name for name in fields if EMAIL_FIELD.search(name)]
    return [name for name in fields if NAME_FIELD.search(name) and name not in emails], emails


def _user(name: str, template: Mapping[str, Any], domain: str) -> dict[str, Any]:
    given = {"username": name + domain, "password": FILL_IN}
    if "steps" in template:
        values = {**given, **dict.fromkeys(values_asked(template["steps"]), FILL_IN)}
        return {"name": name, "loginEndpointAuth": {"values": values}}
    if "payloadRaw" in template:
        raw = str(template["payloadRaw"])
        for place, text in {**given, "email": f"{name}@example.com"}.items():
            raw = raw.replace("{" + place + "}", text)
        return {"name": name, "loginEndpointAuth": {"payloadRaw": raw}}
    member = BASIC if BASIC in template else "payloadUserPwd"
    return {"name": name, "loginEndpointAuth": {member: given}}


def _with_headers(security: SecurityModel) -> list[dict[str, Any]]:
    scheme = next(iter(security.schemes.values()))
    name, text = scheme.field, f"{prefix_of_credential(security, scheme)} FILL IN".strip()
    if scheme.place == "cookie":
        name, text = "Cookie", f"{scheme.field}=FILL IN"
    if scheme.kind == "basic":
        named = ({"username": user, "password": FILL_IN} for user in NAMES)
        return [{"name": one["username"], BASIC: one} for one in named]
    headers = [{"name": name, "value": text}]
    return [{"name": user, "fixedHeaders": headers} for user in NAMES]


def _dumped(value: Any) -> str:
    class Plain(yaml.SafeDumper):
        """Writes everything out, twice where need be."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # whatever it is
            return True

    return yaml.dump(value, Dumper=Plain, sort_keys=False, width=100)
