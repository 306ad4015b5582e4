"""Passports that are genuine and do not carry the scope that the operation asks for."""

from collections.abc import Iterable, Sequence

from apiproof.jwt.passport import Expected, NotMade, Papers, Passport
from apiproof.jwt.schemes import Presented

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


def _required(papers: Papers) -> tuple[str, ...]:
    if not papers.required:
        raise NotMade("the operation asks for no scope")
    return papers.required


def _granted(papers: Papers) -> str:
    """Return the name of the claim that carries scopes, as RFC 8693 or as others write it."""
    claims = papers.token().claims
    name = next((name for name in ("scope", "scp", "scopes") if name in claims), None)
    if name is None:
        raise NotMade("the token has no scope claim")
    return name


def _own(papers: Papers) -> list[str]:
    """Return the token's scopes that no operation of the document knows, such as `aws.*`."""
    value = papers.token().claims[_granted(papers)]
    scopes = value.split() if isinstance(value, str) else [str(item) for item in value]
    return [scope for scope in scopes if scope not in papers.known + papers.required]


def with_scopes(papers: Papers, *choices: Sequence[str]) -> list[Presented]:
    """Sign the token anew with each choice of scopes, in the form that its claim has.

    Raises:
        NotMade: It is no token, has no such claim, or the key is not at hand.
    """
    name, own = _granted(papers), _own(papers)
    listed = not isinstance(papers.token().claims[name], str)
    values = [
        [*own, *choice]
        for choice in choices
        if not any(opening <= set(choice) for opening in papers.also_open)
    ]
    if not values:
        raise NotMade("whatever scopes are left open the operation as well")
    return papers.present(
        *(papers.resigned({name: value if listed else " ".join(value)}) for value in values)
    )


def _replaced(papers: Papers, *spell: str) -> list[Presented]:
    """Replace each required scope in turn; `{}` in a spelling is the scope."""
    choices = []
    for scope in _required(papers):
        others = [other for other in papers.required if other != scope]
        spelled = {text.format(scope) for text in spell} - set(papers.known)
        choices += [[*others, text] for text in sorted(spelled) if text != scope]
    return with_scopes(papers, *choices)


def _missing(papers: Papers) -> Iterable[Presented]:
    required = _required(papers)
    choices = [[other for other in required if other != scope] for scope in required]
    return with_scopes(papers, *choices)


def _all_but(papers: Papers) -> Iterable[Presented]:
    choices = [[other for other in papers.known if other != scope] for scope in _required(papers)]
    return with_scopes(papers, *choices)


def _prefix(papers: Papers) -> Iterable[Presented]:
    choices = []
    for scope in _required(papers):
        others = [other for other in papers.required if other != scope]
        shorter = {
            scope[:-1],
            scope[1:],
            scope.split(":")[0],
            scope.split(".")[0],
            scope.split("/")[0],
        }
        choices += [[*others, text] for text in sorted(shorter - {scope, "", *papers.known})]
    return with_scopes(papers, *choices)


def _longer(papers: Papers) -> Iterable[Presented]:
    return _replaced(papers, "{}s", "{}:", "{}:extra", "x{}", "not-{}", "{}.extra", "my/{}")


def _case(papers: Papers) -> Iterable[Presented]:
    choices = []
    for scope in _required(papers):
        others = [other for other in papers.required if other != scope]
        spelled = {scope.upper(), scope.title(), scope.swapcase()} - {scope, *papers.known}
        choices += [[*others, text] for text in sorted(spelled)]
    return with_scopes(papers, *choices)


def _separator(papers: Papers) -> Iterable[Presented]:
    choices = []
    for scope in _required(papers):
        others = [other for other in papers.required if other != scope]
        inner = {scope.replace(old, new) for old in ":./_-" for new in ":./_-"}
        joined = {f"openid{mark}{scope}{mark}openid" for mark in ",;|+"}
        choices += [[*others, text] for text in sorted((inner | joined) - {scope, *papers.known})]
    return with_scopes(papers, *choices)


def _no_claim(papers: Papers) -> Iterable[Presented]:
    _required(papers)
    name = _granted(papers)
    empty: object = "" if isinstance(papers.token().claims[name], str) else []
    return papers.present(papers.resigned({name: None}), papers.resigned({name: empty}))


def _admin(papers: Papers) -> Iterable[Presented]:
    _required(papers)
    name, own = _granted(papers), _own(papers)
    listed = not isinstance(papers.token().claims[name], str)
    values = [own, [*own, "admin"], [*own, "*"]]
    return papers.present(
        *(
            papers.resigned({**_ADMIN, name: value if listed else " ".join(value)})
            for value in values
        )
    )


def _insufficient(id_: str, title: str, make: object, source: str = _INSUFFICIENT) -> Passport:
    return Passport(id_, title, Expected.FORBIDDEN, SCOPES, source, make)  # type: ignore[arg-type]  # narrowed by the callers below


PASSPORTS = (
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
