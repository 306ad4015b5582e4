"""The identities file that `access init` writes: the document's login, two users to fill in."""

from collections.abc import Mapping
from typing import Any

import yaml

from apiproof.access.example_values import ExampleValues
from apiproof.access.logins import find_login, find_sign_up, login_template
from apiproof.access.payloads import Hints, PayloadSource
from apiproof.access.requirements import SecurityModel
from apiproof.errors import UserError

_HEAD = """\
# Users for `apiproof access`, as a Web Fuzzing Commons auth document:
# https://github.com/WebFuzzing/Commons. Two users of the same rights show what each may see of
# the other; one more, with a `role`, shows what its role alone may do.
"""


class NoSecurity(UserError):
    """Nothing in a document asks for a credential."""


def identities_file(document: Mapping[str, Any]) -> str:
    """Return the text of an identities file for a document.

    Raises:
        NoSecurity: Nothing in the document asks for a credential.
    """
    security = SecurityModel(document)
    payloads = PayloadSource(document, ExampleValues(document), Hints())
    if not security.schemes:
        raise NoSecurity(
            "The document declares no security scheme, so there is nobody to sign in. "
            "Declare one under components/securitySchemes."
        )
    login = find_login(security, payloads)
    if login is None:
        return _HEAD + _note(security, payloads) + _dumped({"auth": _with_headers(security)})
    template = login_template(security, payloads, login)
    users = [_user(name, template) for name in ("alice", "bob")]
    whole = {"authTemplate": {"loginEndpointAuth": template}, "auth": users}
    return _HEAD + _note(security, payloads) + _dumped(whole)


def _note(security: SecurityModel, payloads: PayloadSource) -> str:
    sign_up = find_sign_up(security, payloads)
    if sign_up is None:
        return "# No sign-up was found: what would change these users' accounts is left out.\n"
    return f"# Further accounts are signed up with {sign_up.label}.\n"


def _user(name: str, template: Mapping[str, Any]) -> dict[str, Any]:
    if "payloadRaw" in template:
        raw = (
            str(template["payloadRaw"]).replace("{username}", name).replace("{password}", "FILL IN")
        )
        return {"name": name, "loginEndpointAuth": {"payloadRaw": raw}}
    given = {"username": name, "password": "FILL IN"}
    return {"name": name, "loginEndpointAuth": {"payloadUserPwd": given}}


def _with_headers(security: SecurityModel) -> list[dict[str, Any]]:
    scheme = next(iter(security.schemes.values()))
    value = {"bearer": "Bearer FILL IN", "basic": "Basic FILL IN"}.get(scheme.kind, "FILL IN")
    name, text = scheme.field, value
    if scheme.place == "cookie":
        name, text = "Cookie", f"{scheme.field}=FILL IN"
    headers = [{"name": name, "value": text}]
    return [{"name": user, "fixedHeaders": headers} for user in ("alice", "bob")]


def _dumped(value: Any) -> str:
    class Plain(yaml.SafeDumper):
        """Writes everything out, twice where need be."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # whatever it is
            return True

    return yaml.dump(value, Dumper=Plain, sort_keys=False, width=100)
