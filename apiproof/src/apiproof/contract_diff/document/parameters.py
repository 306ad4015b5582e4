"""Parameters: which were removed, moved, demanded or narrowed, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from apiproof.contract_diff.document.branch import Conjunction, Site
from apiproof.contract_diff.document.change import Place
from apiproof.contract_diff.document.comparison import Comparison, Scene
from apiproof.contract_diff.document.document import Document, join

if TYPE_CHECKING:
    from apiproof.contract_diff.document.operations import Operation

_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_IGNORED = {"accept", "content-type", "authorization"}
"""Header parameters that OpenAPI says are described elsewhere (Parameter Object, `name`)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter, its reference followed."""

    node: Mapping[str, Any]
    pointer: str
    key: tuple[str, str]

    @property
    def where(self) -> str:
        """Where in the request it stands: path, query, header or cookie."""
        return self.key[0]

    @property
    def name(self) -> str:
        """What the document calls it."""
        return str(self.node.get("name", ""))

    @property
    def required(self) -> bool:
        """Whether a request must have it."""
        return self.where == "path" or self.node.get("required") is True

    @property
    def writing(self) -> tuple[str, bool]:
        """How arrays and objects are written: style and explode."""
        style = self.node.get("style", _STYLES.get(self.where, "form"))
        return style, bool(self.node.get("explode", style in {"form", "cookie"}))

    def schema(self, document: Document) -> tuple[Conjunction, str]:
        """Return its schema, and its media type when it has one."""
        return schema_of(self.node, self.pointer, document)


def schema_of(node: Mapping[str, Any], pointer: str, document: Document) -> tuple[Conjunction, str]:
    """Return the schema of a parameter or header, under `schema` or `content`."""
    if "schema" in node:
        return (Site(join(pointer, "schema"), node["schema"]),), ""
    for media in node.get("content") or {}:
        inner, at = document.child(node, pointer, "content", media)
        if isinstance(inner, Mapping) and "schema" in inner:
            return (Site(join(at, "schema"), inner["schema"]),), media
    return (), ""


def parameters_of(document: Document, operation: Operation) -> dict[tuple[str, str], Parameter]:
    """Return an operation's parameters; path ones are known by their position in the template."""
    found = {}
    for node, pointer in (
        (operation.item, operation.item_pointer),
        (operation.node, operation.pointer),
    ):
        for index, raw in enumerate(node.get("parameters") or ()):
            inner, at = document.follow(raw, join(pointer, "parameters", index))
            where, name = str(inner.get("in", "")), str(inner.get("name", ""))
            if where == "header":
                name = name.lower()
            if where == "path" and name in operation.names:
                name = str(operation.names.index(name))
            if not (where == "header" and name in _IGNORED):
                found[where, name] = Parameter(inner, at, (where, name))
    return found


def compare_parameters(
    comparison: Comparison, scene: Scene, old: Operation, new: Operation
) -> None:
    """Compare the parameters of one operation in both documents."""
    before = parameters_of(comparison.old, old)
    after = parameters_of(comparison.new, new)
    moved = set()
    for key, parameter in before.items():
        here = _scene(scene, parameter)
        if key in after:
            _compare(comparison, here, parameter, after[key])
        elif (other := _elsewhere(parameter, after, before)) is not None:
            moved.add(other.key)
            sentence = f"The {here.service} moved to the {other.where}."
            comparison.add(
                here, "request-parameter-location-changed", sentence,
                old=join(parameter.pointer, "in"), new=join(other.pointer, "in"), breaking=True,
            )  # fmt: skip
        elif parameter.where != "path":
            comparison.add(
                here, "request-parameter-removed", f"The {here.service} was removed.",
                old=parameter.pointer, new=new.pointer, breaking=True,
            )  # fmt: skip
    for key, parameter in after.items():
        if key not in before and key not in moved:
            _added(comparison, _scene(scene, parameter), parameter, old)


def _scene(scene: Scene, parameter: Parameter) -> Scene:
    place = Place("parameter", f"{parameter.where}:{parameter.name}")
    service = f"{parameter.where} parameter `{parameter.name}`"
    return replace(scene, place=place, service=service, text=True)


def _elsewhere(
    parameter: Parameter,
    after: Mapping[tuple[str, str], Parameter],
    before: Mapping[tuple[str, str], Parameter],
) -> Parameter | None:
    for key, other in after.items():
        if key not in before and other.name.lower() == parameter.name.lower():
            return other
    return None


def _added(comparison: Comparison, scene: Scene, parameter: Parameter, old: Operation) -> None:
    if parameter.where == "path":
        return  # another template is another path, and compared as such
    rule = "request-required-parameter-added" if parameter.required else "request-parameter-added"
    need = "required " if parameter.required else ""
    comparison.add(
        scene, rule, f"A {need}{scene.service} was added.",
        old=old.pointer, new=parameter.pointer, breaking=parameter.required,
    )  # fmt: skip


def _compare(comparison: Comparison, scene: Scene, old: Parameter, new: Parameter) -> None:
    if old.required is not new.required:
        fact = "required" if new.required else "optional"
        holder = new if "required" in new.node else old
        comparison.add(
            scene, f"request-parameter-became-{fact}", f"The {scene.service} is now {fact}.",
            old=join(old.pointer, "required") if "required" in old.node else old.pointer,
            new=join(new.pointer, "required") if holder is new else new.pointer,
            breaking=new.required,
        )  # fmt: skip
    one, media = old.schema(comparison.old)
    other, now = new.schema(comparison.new)
    if bool(media) is not bool(now):
        _rewritten(comparison, scene, old, new)
    text = not media and not now
    service = f"The {scene.service}"
    comparison.schemas(replace(scene, text=text, service=service), one, other)
    _writing(comparison, scene, old, new)
    _annotations(comparison, scene, (old, one), (new, other))


def _writing(comparison: Comparison, scene: Scene, old: Parameter, new: Parameter) -> None:
    compound = all(
        any(branch.type in {"array", "object"} for branch in reader.branches(schema))
        for reader, schema in (
            (comparison.reader(old=True, inbound=True), old.schema(comparison.old)[0]),
            (comparison.reader(old=False, inbound=True), new.schema(comparison.new)[0]),
        )
    )
    prefixed = {old.writing[0], new.writing[0]} & {"matrix", "label"}
    if old.writing != new.writing and (compound or (prefixed and old.writing[0] != new.writing[0])):
        _rewritten(comparison, scene, old, new)
    for word in ("allowReserved", "allowEmptyValue"):
        if old.node.get(word) is True and new.node.get(word) is not True:
            _rewritten(comparison, scene, old, new)


def _rewritten(comparison: Comparison, scene: Scene, old: Parameter, new: Parameter) -> None:
    words = ("style", "explode", "content", "allowReserved", "allowEmptyValue")
    changed = [w for w in words if old.node.get(w) != new.node.get(w)]
    places = [
        next((join(p.pointer, w) for w in changed if w in p.node), p.pointer) for p in (old, new)
    ]
    comparison.add(
        scene, "request-parameter-serialization-changed",
        f"The {scene.service} is now written another way ({', '.join(changed)}).",
        old=places[0], new=places[1], breaking=True,
    )  # fmt: skip


def _annotations(
    comparison: Comparison,
    scene: Scene,
    old: tuple[Parameter, Conjunction],
    new: tuple[Parameter, Conjunction],
) -> None:
    if new[0].node.get("deprecated") is True and old[0].node.get("deprecated") is not True:
        comparison.add(
            scene, "request-parameter-deprecated", f"The {scene.service} is now deprecated.",
            old=old[0].pointer, new=join(new[0].pointer, "deprecated"), breaking=False,
        )  # fmt: skip
    before = comparison.reader(old=True, inbound=True).find(old[1], "default")
    after = comparison.reader(old=False, inbound=True).find(new[1], "default")
    if (before and before.value) != (after and after.value):
        comparison.add(
            scene, "request-parameter-default-changed",
            f"The default of the {scene.service} changed from "
            f"{before.value if before else 'none'} to {after.value if after else 'none'}.",
            old=before.pointer if before else old[0].pointer,
            new=after.pointer if after else new[0].pointer, breaking=False,
        )  # fmt: skip
