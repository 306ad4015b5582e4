"""Credential cases that are genuine and do not carry the scope that the operation asks for."""

from collections.abc import Iterable, Sequence

from apiproof.jwt.cases import CredentialCase, CredentialContext, Expected, NotApplicable
from apiproof.jwt.schemes import RequestAuth

SCOPES = "scopes_enforced"
_INSUFFICIENT = "RFC 6750, 3.1 (insufficient_scope)"
# Claims in which services were found to believe that the caller is an administrator.
_ADMIN = {
    "admin": True,
    "is_admin": True,
    "isAdmin": True,
    "role": "admin",
    "roles": ["admin"],
    "groups": ["admin", "admins"],
    "cognito:groups": ["admin", "admins"],
    "custom:role": "admin",
    "custom:admin": "true",
    "permissions": ["*"],
}


def admin_claims() -> dict[str, object]:
    """Claims that say "administrator" in the words of many services."""
    return dict(_ADMIN)


def _required(context: CredentialContext) -> tuple[str, ...]:
    if not context.required:
        raise NotApplicable("the operation asks for no scope")
    return context.required


def _granted(context: CredentialContext) -> str:
    """Return the name of the claim that carries scopes, as RFC 8693 or as others write it."""
    claims = context.token().claims
    name = next((name for name in ("scope", "scp", "scopes") if name in claims), None)
    if name is None:
        raise NotApplicable("the token has no scope claim")
    return name


def _own(context: CredentialContext) -> list[str]:
    """Return the token's scopes that no operation of the document knows, such as `aws.*`."""
    value = context.token().claims[_granted(context)]
    scopes = value.split() if isinstance(value, str) else [str(item) for item in value]
    return [scope for scope in scopes if scope not in context.known + context.required]


def with_scopes(context: CredentialContext, *choices: Sequence[str]) -> list[RequestAuth]:
    """Sign the token anew with each choice of scopes, in the form that its claim has.

    Raises:
        NotApplicable: It is no token, has no such claim, or the key is not at hand.
    """
    name, own = _granted(context), _own(context)
    listed = not isinstance(context.token().claims[name], str)
    values = [
        [*own, *choice]
        for choice in choices
        if not any(opening <= set(choice) for opening in context.other_scope_sets)
    ]
    if not values:
        raise NotApplicable("whatever scopes are left open the operation as well")
    return context.present(
        *(context.resigned({name: value if listed else " ".join(value)}) for value in values)
    )


def _replaced(context: CredentialContext, *spell: str) -> list[RequestAuth]:
    """Replace each required scope in turn; `{}` in a spelling is the scope."""
    choices = []
    for scope in _required(context):
        others = [other for other in context.required if other != scope]
        spelled = {text.format(scope) for text in spell} - set(context.known)
        choices += [[*others, text] for text in sorted(spelled) if text != scope]
    return with_scopes(context, *choices)


def _missing(context: CredentialContext) -> Iterable[RequestAuth]:
    required = _required(context)
    choices = [[other for other in required if other != scope] for scope in required]
    return with_scopes(context, *choices)


def _all_but(context: CredentialContext) -> Iterable[RequestAuth]:
    choices = [[other for other in context.known if other != scope] for scope in _required(context)]
    return with_scopes(context, *choices)


def _prefix(context: CredentialContext) -> Iterable[RequestAuth]:
    choices = []
    for scope in _required(context):
        others = [other for other in context.required if other != scope]
        shorter = {
            scope[:-1],
            scope[1:],
            scope.split(":")[0],
            scope.split(".")[0],
            scope.split("/")[0],
        }
        choices += [[*others, text] for text in sorted(shorter - {scope, "", *context.known})]
    return with_scopes(context, *choices)


def _longer(context: CredentialContext) -> Iterable[RequestAuth]:
    return _replaced(context, "{}s", "{}:", "{}:extra", "x{}", "not-{}", "{}.extra", "my/{}")


def _case(context: CredentialContext) -> Iterable[RequestAuth]:
    choices = []
    for scope in _required(context):
        others = [other for other in context.required if other != scope]
        spelled = {scope.upper(), scope.title(), scope.swapcase()} - {scope, *context.known}
        choices += [[*others, text] for text in sorted(spelled)]
    return with_scopes(context, *choices)


def _separator(context: CredentialContext) -> Iterable[RequestAuth]:
    choices = []
    for scope in _required(context):
        others = [other for other in context.required if other != scope]
        inner = {scope.replace(old, new) for old in ":./_-" for new in ":./_-"}
        body_references = {f"openid{mark}{scope}{mark}openid" for mark in ",;|+"}
        choices += [
            [*others, text] for text in sorted((inner | body_references) - {scope, *context.known})
        ]
    return with_scopes(context, *choices)


def _no_claim(context: CredentialContext) -> Iterable[RequestAuth]:
    _required(context)
    name = _granted(context)
    empty: object = "" if isinstance(context.token().claims[name], str) else []
    return context.present(context.resigned({name: None}), context.resigned({name: empty}))


def _admin(context: CredentialContext) -> Iterable[RequestAuth]:
    _required(context)
    name, own = _granted(context), _own(context)
    listed = not isinstance(context.token().claims[name], str)
    values = [own, [*own, "admin"], [*own, "*"]]
    return context.present(
        *(
            context.resigned({**_ADMIN, name: value if listed else " ".join(value)})
            for value in values
        )
    )


def _insufficient(
    id_: str, title: str, make: object, source: str = _INSUFFICIENT
) -> CredentialCase:
    return CredentialCase(id_, title, Expected.FORBIDDEN, SCOPES, source, make)  # type: ignore[arg-type]  # narrowed by the callers below


SCOPE_CASES = (
    _insufficient("scope-missing", "each required scope left out", _missing),
    _insufficient("no-scope", "no scope at all", _no_claim),
    _insufficient("all-other-scopes", "every scope of the document but the required", _all_but),
    _insufficient("scope-prefix", "part of the required scope", _prefix, "RFC 6749, 3.3; CWE-187"),
    _insufficient("scope-suffix", "a scope that contains it", _longer, "RFC 6749, 3.3; CWE-187"),
    _insufficient(
        "scope-case", "the scope in another case", _case, "RFC 6749, 3.3 (case-sensitive)"
    ),
    _insufficient(
        "scope-separator",
        "the scope with another separator, inside or around it",
        _separator,
        "RFC 6749, 3.3 (space-delimited)",
    ),
    _insufficient(
        "admin-claims",
        "claims of an administrator in place of the scope",
        _admin,
        "OWASP API5:2023; CWE-269",
    ),
)
