"""Which groups of the pool, and which scopes of tokens, an application's code asks for."""

import ast
import re
from collections.abc import Iterable, Iterator

_CLAIMS = ("cognito:groups", "cognito_groups")
_GROUPS = ("group", "role")
_SCOPES = ("scope",)
# Cognito's own userInfo answers 401 to a token without it (developer guide, "userInfo endpoint").
_OPENID = "openid"


def named_groups(trees: Iterable[ast.Module], source: str) -> list[str]:
    """Return the names of groups, in the order of the code.

    They are what is looked for in something called groups or roles (`"admin" in user.groups`), what
    a guard is called with (`require_roles(["admin"])`), and constants (`ADMIN_GROUP = "Admins"`).

    Args:
        trees: The project's modules.
        source: Their text; without the claim `cognito:groups` nothing is a group.
    """
    if not any(claim in source for claim in _CLAIMS):
        return []
    names = _named(trees, _GROUPS)
    return list(dict.fromkeys(name for name in names if name.isidentifier() or "-" in name))


def named_scopes(trees: Iterable[ast.Module], source: str) -> list[str]:
    """Return the words that may be scopes, in the order of the code.

    Args:
        trees: The project's modules.
        source: Their text.
    """
    words = [word for text in _named(trees, _SCOPES) for word in re.split(r"[\s+]+", text)]
    if re.search("userinfo", source, re.IGNORECASE):
        words.append(_OPENID)
    return list(dict.fromkeys(word for word in words if re.fullmatch(r"[A-Za-z][\w.:/-]*", word)))


def _named(trees: Iterable[ast.Module], words: tuple[str, ...]) -> list[str]:
    return [name for tree in trees for node in ast.walk(tree) for name in _names(node, words)]


def _names(node: ast.AST, words: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        if _speaks_of(words, node.comparators[0]):
            yield from _texts(node.left)
    elif isinstance(node, ast.Call) and _speaks_of(words, node.func):
        reads = isinstance(node.func, ast.Attribute) and node.func.attr == "get"
        for argument in [] if reads else node.args:
            yield from _texts(argument)
    elif isinstance(node, ast.Assign) and any(_speaks_of(words, each) for each in node.targets):
        yield from _texts(node.value)


def _speaks_of(words: tuple[str, ...], node: ast.AST) -> bool:
    text = ast.unparse(node).lower()
    return any(word in text for word in words)


def _texts(node: ast.AST) -> Iterator[str]:
    parts = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
