"""YAML 1.2 with its core schema: `NO`, `on` and dates are text; keys are text, each once.

PyYAML reads YAML 1.1 and leaves scalars to resolvers, so that a small set of resolvers makes it
1.2; no maintained package does that for its C parser.
"""

import re
from typing import Any, ClassVar, Final

import yaml

from apiproof.openapi.references import DocumentError

MAX_DEPTH: Final = 200
"""How deep a document may nest."""
MAX_ALIASED: Final = 500_000
"""How many more nodes a YAML file may have with its aliases written out than without."""
_TAG: Final = "tag:yaml.org,2002:"


def parse_yaml(text: str, name: str) -> Any:
    """Parse YAML 1.2 with its core schema: `NO`, `on` and dates are text, keys are text.

    Raises:
        DocumentError: It is not YAML, repeats a key, or is over the limits.
    """
    try:
        loader = _CoreLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _require_small(node, name)
        return loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentError(f"{name}: not YAML ({one_line(error)}).") from None
    except RecursionError:
        raise DocumentError(f"{name}: nested more than {MAX_DEPTH} levels deep.") from None


def one_line(error: Exception) -> str:
    """Return an error's text as one short line."""
    return " ".join(str(error).split())[:300] or type(error).__name__


class _CoreLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # either base is a loader
    """YAML 1.2.2, 10.3 (core schema), and `<<`, which people go on using."""

    yaml_implicit_resolvers: ClassVar[Any] = {}
    yaml_constructors: ClassVar[Any] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002  # PyYAML's own signature
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}

    def construct_core_int(self, node: yaml.ScalarNode) -> int:
        text = node.value.lower()
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text[2:] if base != 10 else text, base)

    def construct_core_float(self, node: yaml.ScalarNode) -> float:
        return float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))


for _name, _expression, _first in (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("merge", r"<<", "<"),
):
    _pattern = re.compile(rf"(?:{_expression})\Z")
    _CoreLoader.add_implicit_resolver(
        _TAG + _name, _pattern, [*_first, ""] if _name == "null" else list(_first)
    )
for _name, _construct in (
    ("null", _CoreLoader.construct_yaml_null),
    ("bool", _CoreLoader.construct_yaml_bool),
    ("int", _CoreLoader.construct_core_int),
    ("float", _CoreLoader.construct_core_float),
    ("str", _CoreLoader.construct_yaml_str),
    ("seq", _CoreLoader.construct_yaml_seq),
    ("map", _CoreLoader.construct_yaml_map),
):
    _CoreLoader.add_constructor(_TAG + _name, _construct)
_CoreLoader.add_constructor(None, _CoreLoader.construct_undefined)


def _require_small(root: yaml.Node, name: str) -> None:
    """Refuse what aliases would blow up, cycles, repeated keys and keys that are not scalars."""
    sizes: dict[int, tuple[int, int]] = {}
    written, open_nodes = 0, set()
    stack: list[tuple[yaml.Node, bool]] = [(root, False)]
    while stack:
        node, is_done = stack.pop()
        key = id(node)
        children = _children(node, name)
        if is_done:
            open_nodes.discard(key)
            size = 1 + sum(sizes[id(child)][0] for child in children)
            depth = 1 + max((sizes[id(child)][1] for child in children), default=0)
            if depth > MAX_DEPTH:
                raise DocumentError(f"{name}: nested more than {MAX_DEPTH} levels deep.")
            sizes[key] = (size, depth)
            if size - written > MAX_ALIASED:
                raise DocumentError(
                    f"{name}: its aliases stand for more than {MAX_ALIASED:,} nodes; write it out."
                )
            continue
        if key in sizes:
            continue
        if key in open_nodes:
            raise DocumentError(f"{name}: an alias on {_place(node)} contains itself.")
        written += 1
        open_nodes.add(key)
        stack.append((node, True))
        stack.extend((child, False) for child in children)


def _children(node: yaml.Node, name: str) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if not isinstance(node, yaml.MappingNode):
        return []
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise DocumentError(f"{name}: the key on {_place(key)} is not text.")
        if key.value in seen and key.tag != _TAG + "merge":
            raise DocumentError(f"{name}: the key {key.value!r} on {_place(key)} occurs twice.")
        seen.add(key.value)
    return [value for _, value in node.value]


def _place(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"
