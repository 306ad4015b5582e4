"""What a document's words say of who may call an operation: "Managers only", `x-required-role`.

A word is taken for a rule only where it names a role, says that it is for nobody else, and names no
one else who may: what says less is left to the matrix that is proposed for signing off.
"""

import re
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Any

from apiproof.access.resources import singular
from apiproof.openapi.document import Operation

# Not `/depots/{id}/admin/...`: whoever makes a depot may be its administrator.
_ADMIN_PATH = re.compile(
    r"^[^{]*/(admin(istration)?|admins?[-_]only|[\w-]*(to|for|only)[-_]admins?)(/|$)", re.IGNORECASE
)
_ADMIN_TAG = re.compile(
    r"(for[-_ ]?)?admin(istration|istrators?|s)?([-_ ](only|api|panel))?", re.IGNORECASE
)
_ADMIN = r"admin\w*|superusers?"
# Who may do something beside those of a role, or that nobody has to be one.
_OTHERS = re.compile(
    r"\b(or|nor|not|no|never|without|unless|except|owners?|authors?|own|your|their|self|members?)\b"
    r"|n't\b",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"^x-(\w+-)*(roles?|required-?roles?|allowed-?roles?|permitted-?roles?)$", re.IGNORECASE
)
FORBIDDEN = "403"


def is_for_admins(operation: Operation) -> bool:
    """Whether an operation's own words keep it for administrators, and for nobody else."""
    if _ADMIN_PATH.search(operation.path):
        return True
    if any(_ADMIN_TAG.fullmatch(str(tag)) for tag in operation.definition.get("tags", ())):
        return True
    return any(_keeps(text, _ADMIN, operation) for text in _sentences(operation))


def kept_for(operation: Operation, roles: Collection[str], own: Collection[str]) -> str:
    """Return the role that an operation's words keep it for; empty where they keep it for none.

    Args:
        operation: The operation.
        roles: Words for the roles that users have.
        own: Those of whoever was let in: what names one of them is meant for them, too.
    """
    others = [one for one in roles if one not in own]
    hinted = _hinted(operation)
    if hinted and not hinted & set(own):
        return next((one for one in others if one in hinted), "")
    for text in _sentences(operation):
        if any(re.search(rf"\b{re.escape(one)}", text, re.IGNORECASE) for one in own):
            continue
        for role in others:
            if _keeps(text, rf"{re.escape(role)}s?", operation):
                return role
    return ""


def _keeps(text: str, role: str, operation: Operation) -> bool:
    """Whether a sentence keeps something for a role, and names nobody else.

    "Project admins only" is none at a project: whoever makes one is its administrator.
    """
    rule = (
        rf"\bonly\b.{{0,20}}\b({role})\b|\b({role})\b.{{0,12}}\bonly\b"
        rf"|\b(requires?|needs?)\b.{{0,20}}\b({role})\b"
        rf"|\b(restricted|reserved|limited)\s+(to|for)\b.{{0,12}}\b({role})\b"
        rf"|\((for\s)?({role})\)"  # All accounts (administrators)
    )
    steps = operation.path.split("/")
    kept = [one for one, below in pairwise(steps) if below.startswith("{") and one]
    nouns = "|".join(re.escape(singular(one)) for one in kept) or "(?!)"
    of_one = rf"\b({nouns})\w?('s)?[\s-]+({role})\b|\b({role})\s+(of|in|at|for)\b"
    is_rule = bool(re.search(rule, text, re.IGNORECASE)) and not _OTHERS.search(text)
    return is_rule and not re.search(of_one, text, re.IGNORECASE)


def _sentences(operation: Operation) -> Iterator[str]:
    """Yield the sentences about an operation, and those about its refusals."""
    definition = operation.definition
    refusal = definition.get("responses", {}).get(FORBIDDEN, {})
    said: list[Any] = [definition.get(name, "") for name in ("summary", "description")]
    said.append(refusal.get("description", "") if isinstance(refusal, dict) else "")
    for text in said:
        yield from re.split(r"[.;:\n]+(?:\s|$)", str(text))


def _hinted(operation: Operation) -> set[str]:
    """Return the roles that an extension of the document names."""
    found: set[str] = set()
    for name, value in operation.definition.items():
        if _HINT.search(str(name)):
            found |= {str(one).lower() for one in (value if isinstance(value, list) else [value])}
    return found
