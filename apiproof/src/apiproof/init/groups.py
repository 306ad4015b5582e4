"""Which groups of the pool an application's code asks for."""

import ast
from collections.abc import Iterable, Iterator

_CLAIMS = ("cognito:groups", "cognito_groups")


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
    names = [name for tree in trees for node in ast.walk(tree) for name in _names(node)]
    return list(dict.fromkeys(name for name in names if name.isidentifier() or "-" in name))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        if _speaks_of_groups(node.comparators[0]):
            yield from _texts(node.left)
    elif isinstance(node, ast.Call) and _speaks_of_groups(node.func):
        reads = isinstance(node.func, ast.Attribute) and node.func.attr == "get"
        for argument in [] if reads else node.args:
            yield from _texts(argument)
    elif isinstance(node, ast.Assign) and any(map(_speaks_of_groups, node.targets)):
        yield from _texts(node.value)


def _speaks_of_groups(node: ast.AST) -> bool:
    words = ast.unparse(node).lower()
    return "group" in words or "role" in words


def _texts(node: ast.AST) -> Iterator[str]:
    parts = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
