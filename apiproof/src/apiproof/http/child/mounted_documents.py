"""The OpenAPI document of a whole application: its own, and those of what is mounted in it.

FastAPI declares the routes of one application. Another that is mounted in it answers at the same
address and has a document of its own; one that a middleware wraps has no `openapi` at all. Only the
standard library is needed: a child process that has the application's libraries alone runs this.
"""

import copy
import re
from collections.abc import Iterator
from typing import Any

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_DEEPEST = 8  # layers of middleware, or of mounts in mounts


def declared_by(app: Any) -> "dict[str, Any] | None":
    """Return the document of all that an ASGI application answers; None where it declares nothing.

    Paths of mounted applications begin with where they are mounted. A component whose name is taken
    by another, and an operationId that is taken, get the mount's name before theirs.

    Args:
        app: The application; FastAPI's, Starlette's, or a layer around one of them.
    """
    parts = list(_applications(app, "", _DEEPEST))
    if not parts:
        return None
    prefix, first = parts[0]
    # A copy: the application goes on to publish its own.
    document = copy.deepcopy(first.openapi())
    whole: dict[str, Any] = {**document, "paths": {}}
    _add(whole, document, prefix)
    for prefix, part in parts[1:]:
        document = copy.deepcopy(part.openapi())
        _add(whole, _renamed(document, whole, prefix), prefix)
    return whole


def _applications(app: Any, prefix: str, depth: int) -> "Iterator[tuple[str, Any]]":
    """Yield whatever declares a document, with the path that it is mounted at."""
    if depth == 0:
        return
    if callable(getattr(app, "openapi", None)):
        yield prefix, app
    if hasattr(app, "routes"):
        for route in app.routes:
            # A mount; a route has an `endpoint`, and `Host` no path.
            if hasattr(route, "app") and hasattr(route, "path") and not hasattr(route, "endpoint"):
                yield from _applications(route.app, prefix + route.path, depth - 1)
        return
    for inner in getattr(app, "__dict__", {}).values():
        if callable(inner) and not isinstance(inner, type):
            yield from _applications(inner, prefix, depth - 1)


def _add(whole: "dict[str, Any]", document: "dict[str, Any]", prefix: str) -> None:
    for path, item in document.get("paths", {}).items():
        for operation in _operations(item):
            if "security" in document:  # for all of its operations, not for all of ours
                operation.setdefault("security", document["security"])
        whole["paths"].setdefault(prefix + path, item)
    whole.pop("security", None)
    for kind, named in document.get("components", {}).items():
        there = whole.setdefault("components", {}).setdefault(kind, {})
        for name, component in named.items():
            there.setdefault(name, component)


def _operations(item: "dict[str, Any]") -> "Iterator[dict[str, Any]]":
    yield from (item[method] for method in _METHODS if method in item)


def _renamed(document: "dict[str, Any]", whole: "dict[str, Any]", prefix: str) -> "dict[str, Any]":
    """Return a document none of whose names mean another thing in the whole."""
    slug = re.sub(r"\W+", "_", prefix).strip("_") or "mounted"
    taken = {name for item in whole["paths"].values() for name in _ids(item)}
    for item in document.get("paths", {}).values():
        for operation in _operations(item):
            if operation.get("operationId") in taken:
                operation["operationId"] = f"{slug}_{operation['operationId']}"
    names: dict[str, dict[str, str]] = {}
    for kind, named in document.get("components", {}).items():
        there = whole.get("components", {}).get(kind, {})
        shared = named.keys() & there.keys()
        # One that reads the same may refer to one that does not.
        if any(named[name] != there[name] for name in shared):
            names[kind] = {name: f"{slug}_{name}" for name in shared}
    for kind, new in names.items():
        named = document["components"][kind]
        document["components"][kind] = {new.get(name, name): it for name, it in named.items()}
    references = {
        f"#/components/{kind}/{name}": f"#/components/{kind}/{better}"
        for kind, new in names.items()
        for name, better in new.items()
    }
    found: dict[str, Any] = _replaced(document, references, names.get("securitySchemes", {}))
    return found


def _ids(item: "dict[str, Any]") -> "Iterator[Any]":
    yield from (operation.get("operationId") for operation in _operations(item))


def _replaced(value: Any, references: "dict[str, str]", schemes: "dict[str, str]") -> Any:
    if isinstance(value, list):
        return [_replaced(item, references, schemes) for item in value]
    if isinstance(value, dict):
        return {
            key: (
                [{schemes.get(name, name): it for name, it in each.items()} for each in item]
                if key == "security" and isinstance(item, list)
                else _replaced(item, references, schemes)
            )
            for key, item in value.items()
        }
    return references.get(value, value) if isinstance(value, str) else value
