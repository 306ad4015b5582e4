"""From schemas to branches: $ref, allOf, anyOf, oneOf, nullable and discriminators dissolved.

Two schemas that say the same in other words have the same branches. Compares nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

from apiproof.contract_diff.document.branch import (
    TYPES,
    Branch,
    Conjunction,
    Mark,
    Shape,
    Site,
    anything,
    contradictory,
    identity,
    labelled,
    meet,
    type_of,
    unrestricted,
    without_twins,
)
from apiproof.contract_diff.document.document import Document, DocumentUnusable, join
from apiproof.contract_diff.document.keywords import canonical, marks_of, require_sane, types_of

MOST_BRANCHES = 400
"""Beyond so many, a union of unions is compared by its text instead."""


class Schemas:
    """The schemas of one document as seen in one direction: "request" or "response".

    Read-only properties do not exist in requests, write-only ones not in responses (OpenAPI 3.0.3,
    Schema Object; JSON Schema 2020-12 validation, section 9.4).
    """

    def __init__(self, document: Document, flow: str) -> None:
        self.document = document
        self.flow = flow
        self._hiding = "readOnly" if flow == "request" else "writeOnly"
        self._expanded: dict[tuple[str, str], tuple[Branch, ...]] = {}
        self._met: dict[Conjunction, tuple[Branch, ...]] = {}

    def branches(self, schemas: Conjunction) -> tuple[Branch, ...]:
        """Return the branches of a conjunction; none when it admits no value."""
        if schemas not in self._met:
            if not schemas:
                return anything("")
            met = reduce(meet, map(self._expand, schemas))
            self._met[schemas] = tuple(branch for branch in met if not contradictory(branch))
        return self._met[schemas]

    def home(self, schemas: Conjunction, keyword: str = "") -> str:
        """Return the pointer of the first schema, references followed, at `keyword` if there."""
        if not schemas:
            return ""
        site = self._real(schemas[0])
        if isinstance(site.schema, Mapping) and keyword in site.schema:
            return join(site.pointer, keyword)
        return site.pointer

    def find(self, schemas: Conjunction, keyword: str) -> Mark | None:
        """Return an annotation such as `default` with its pointer, looking through references."""
        for schema in schemas:
            for site in self._layers(schema):
                if isinstance(site.schema, Mapping) and keyword in site.schema:
                    return Mark(site.schema[keyword], join(site.pointer, keyword))
        return None

    def _real(self, site: Site) -> Site:
        return next(iter(list(self._layers(site, nested=False))[::-1]))

    def _layers(self, site: Site, *, nested: bool = True) -> Iterator[Site]:
        """Yield a schema and what it refers to, and with `nested` what it is composed of."""
        queue, seen = [site], set()
        while queue:
            here = queue.pop(0)
            if here in seen:
                continue
            seen.add(here)
            yield here
            if not isinstance(here.schema, Mapping):
                continue
            if (target := self._reference(here)) is not None:
                queue.append(target)
            elif nested:
                parts = here.schema.get("allOf", ())
                queue += [Site(join(here.pointer, "allOf", i), p) for i, p in enumerate(parts)]

    def _reference(self, site: Site) -> Site | None:
        ref = site.schema.get("$ref")
        target = self.document.target(ref) if isinstance(ref, str) else None
        return None if target is None else Site(target, self.document.at(target))

    def _expand(self, site: Site) -> tuple[Branch, ...]:
        key = (site.pointer, site.tag)
        if key not in self._expanded:
            self._expanded[key] = anything(site.pointer)  # a schema that is only itself
            self._expanded[key] = self._dissolve(site)
        return self._expanded[key]

    def _dissolve(self, site: Site) -> tuple[Branch, ...]:
        schema, pointer = site.schema, site.pointer
        if isinstance(schema, bool):
            return anything(pointer) if schema else ()
        if not isinstance(schema, Mapping):
            raise DocumentUnusable(f"{self.document.name}: #{pointer} is not a schema.")
        require_sane(schema, pointer, self.document)
        target = self._reference(site)
        if target is not None and (self.document.legacy or schema.keys() == {"$ref"}):
            return self._expand(target)
        branches = self._composed(schema, site, target)
        if self.document.legacy and schema.get("nullable") is True:
            null = Branch("null", join(pointer, "nullable"))
            branches = (*(b for b in branches if b.type != "null"), null)
        return tuple(branch for branch in branches if self._possible(branch))

    def _composed(
        self, schema: Mapping[str, Any], site: Site, target: Site | None
    ) -> tuple[Branch, ...]:
        """Return the branches of the keywords together with all that they are composed of."""
        pointer = site.pointer
        branches = self._own(schema, site)
        if target is not None:
            branches = meet(branches, self._expand(target))
        for index, part in enumerate(schema.get("allOf", ())):
            branches = meet(branches, self._expand(Site(join(pointer, "allOf", index), part)))
        for word in ("anyOf", "oneOf"):
            if schema.get(word):
                branches = self._with_union(branches, schema, join(pointer, word), word)
        if "not" in schema:
            branches = self._without(branches, Site(join(pointer, "not"), schema["not"]))
        if "unevaluatedProperties" in schema:
            branches = tuple(self._closed_over(branch, site) for branch in branches)
        return branches

    def _own(self, schema: Mapping[str, Any], site: Site) -> tuple[Branch, ...]:
        """Return the branches of a schema's own keywords, before any composition."""
        pointer = site.pointer
        word = "const" if "const" in schema else "enum"
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        branches = []
        for kind in types_of(schema):
            marks = marks_of(kind, schema, pointer, self.document, self._hides)
            if values is None:
                branches.append(Branch(kind, pointer, marks))
                continue
            fitting = {identity(v): v for v in values if type_of(v) == kind}
            if fitting:
                here = tuple(fitting.values())
                at = pointer if site.tag else join(pointer, word)
                branches.append(Branch(kind, pointer, marks, here, at))
        return tuple(branches)

    def _hides(self, site: Site) -> bool:
        mark = self.find((site,), self._hiding)
        return mark is not None and mark.value is True

    def _with_union(
        self, branches: tuple[Branch, ...], schema: Mapping[str, Any], pointer: str, word: str
    ) -> tuple[Branch, ...]:
        united: list[Branch] = []
        for index, part in enumerate(schema[word]):
            site = Site(join(pointer, index), part)
            label = self._label(site)
            found = labelled(self._expand(site), label) if label else self._expand(site)
            united += self._discriminated(found, site, schema.get("discriminator"), pointer)
        if len(united) * len(branches) > MOST_BRANCHES:
            text = Mark(canonical(schema[word]), pointer)
            return meet(branches, [Branch(kind, pointer, {"condition": (text,)}) for kind in TYPES])
        return meet(branches, without_twins(united))

    def _label(self, site: Site) -> str:
        if not isinstance(site.schema, Mapping):
            return ""
        if isinstance(ref := site.schema.get("$ref"), str):
            return ref.rsplit("/", 1)[-1]
        title = site.schema.get("title")
        return title if isinstance(title, str) else ""

    def _discriminated(
        self, branches: tuple[Branch, ...], site: Site, discriminator: Any, pointer: str
    ) -> tuple[Branch, ...]:
        """Add what a discriminator demands of a variant: the property with the variant's name."""
        if not isinstance(discriminator, Mapping) or not isinstance(site.schema, Mapping):
            return branches
        name, ref = discriminator.get("propertyName"), site.schema.get("$ref")
        if not isinstance(name, str) or not isinstance(ref, str):
            return branches
        short = ref.rsplit("/", 1)[-1]
        mapping = discriminator.get("mapping") or {}
        values = [key for key, to in mapping.items() if to in (ref, short)] or [short]
        home = pointer.rsplit("/", 1)[0] + "/discriminator"
        site_of = Site(home, {"enum": values}, tag=f"{name}={values}")
        shape = Mark(Shape({name: site_of}, {}, None, home), home)
        demand = {"required": (Mark(name, home),), "shape": (shape,)}
        extra = [Branch(kind, home, demand if kind == "object" else {}) for kind in TYPES]
        told = any(self._names_values(branch, name) for branch in branches)
        return branches if told else labelled(meet(extra, branches), short)

    def _names_values(self, branch: Branch, name: str) -> bool:
        sites = tuple(s.properties[name] for s in branch.shapes if name in s.properties)
        return bool(sites) and all(b.values is not None for b in self.branches(sites))

    def _without(self, branches: tuple[Branch, ...], denied: Site) -> tuple[Branch, ...]:
        """Apply `not`: whole types go, of the others it is remembered what they must not be."""
        inner = denied.schema
        if isinstance(inner, Mapping) and inner.keys() == {"not"}:
            return meet(branches, self._expand(Site(join(denied.pointer, "not"), inner["not"])))
        refused = self._expand(denied)
        kinds = {branch.type for branch in refused}
        whole = {branch.type for branch in refused if unrestricted(branch)}
        mark = {"not": (Mark(denied, denied.pointer),)}
        demands = (Branch(kind, denied.pointer, mark if kind in kinds else {}) for kind in TYPES)
        return meet([b for b in branches if b.type not in whole], list(demands))

    def _closed_over(self, branch: Branch, site: Site) -> Branch:
        """Apply unevaluatedProperties: it sees the properties of everything composed here."""
        if branch.type != "object" or any(shape.rest is not None for shape in branch.shapes):
            return branch
        pointer = join(site.pointer, "unevaluatedProperties")
        known = {name: Site("", True) for shape in branch.shapes for name in shape.properties}  # noqa: FBT003 - a JSON Schema
        patterns = {text: Site("", True) for shape in branch.shapes for text in shape.patterns}  # noqa: FBT003 - likewise
        rest = Site(pointer, site.schema["unevaluatedProperties"])
        mark = Mark(Shape(known, patterns, rest, site.pointer), pointer)
        return replace(branch, marks={**branch.marks, "shape": (*branch.get("shape"), mark)})

    def _possible(self, branch: Branch) -> bool:
        """Whether some value is left, as far as this and the required properties tell."""
        if contradictory(branch):
            return False
        for name in branch.required:
            sites = tuple(s.properties[name] for s in branch.shapes if name in s.properties)
            if len(sites) > 1 and not self.branches(sites):
                return False
        return True
