"""From schemas to branches: $ref, allOf, anyOf, oneOf, nullable and discriminators dissolved.

Two schemas that say the same in other words have the same branches. Compares nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

from apiproof.contract_diff.document.branches import (
    MOST_BRANCHES,
    TYPES,
    Conjunction,
    Constraint,
    SchemaBranch,
    SchemaSite,
    Shape,
    anything,
    contradictory,
    crowded,
    distinguished,
    identity,
    labelled,
    meet,
    type_of,
    unrestricted,
    without_twins,
)
from apiproof.contract_diff.document.denials import denials
from apiproof.contract_diff.document.keywords import (
    CONDITIONAL,
    canonical,
    marks_of,
    require_sane,
    types_of,
)
from apiproof.contract_diff.document.unevaluated import ANYTHING, UNEVALUATED, closed_over
from apiproof.openapi.references import (
    Document,
    DocumentError,
    Located,
    join_pointer,
    references,
    shown_place,
)

MOST_EXCLUSIVE = 24
"""With more members than this of one type, a oneOf is read as anyOf."""
NO_LIMITS = anything("")


class Schemas:
    """The schemas of one document as seen in one direction: "request" or "response".

    Read-only properties do not exist in requests, write-only ones not in responses (OpenAPI 3.0.3,
    Schema Object; JSON Schema 2020-12 validation, section 9.4).
    """

    def __init__(self, document: Document, flow: str) -> None:
        self.document = document
        self.flow = flow
        self._hiding = "readOnly" if flow == "request" else "writeOnly"
        self._expanded: dict[tuple[str, str], tuple[SchemaBranch, ...]] = {}
        self._reading: set[tuple[str, str]] = set()
        self._circles = 0
        self._followed: dict[Conjunction, Conjunction] = {}
        self._compared: set[tuple[str, str]] = set()
        self._identities: dict[int, tuple[tuple[Any, ...], frozenset[str]]] = {}
        self._met: dict[Conjunction, tuple[SchemaBranch, ...]] = {}

    def followed(self, schemas: Conjunction) -> Conjunction:
        """Return a conjunction with plain references replaced by what they refer to."""
        if schemas not in self._followed:
            sites = (self._follow(site) for site in schemas)
            self._followed[schemas] = tuple(dict.fromkeys(sites))
        return self._followed[schemas]

    def _follow(self, site: SchemaSite) -> SchemaSite:
        seen: set[str] = set()
        while (
            isinstance(site.schema, Mapping)
            and self._is_reference(site.schema)
            and (target := self._reference(site)) is not None
        ):
            if site.pointer in seen:
                at = f"{self.document.name}: {shown_place(site.pointer)}"
                raise DocumentError(f"{at}: the reference leads in a circle; repair it.")
            seen.add(site.pointer)
            site = target
        return site

    def branches(self, schemas: Conjunction) -> tuple[SchemaBranch, ...]:
        """Return the branches of a conjunction; none when it admits no value."""
        if schemas not in self._met:
            if not schemas:
                return NO_LIMITS
            met = reduce(meet, map(self._expand, schemas))
            self._met[schemas] = tuple(branch for branch in met if not contradictory(branch))
        return self._met[schemas]

    def identities(self, values: tuple[Any, ...]) -> frozenset[str]:
        """Return the keys under which the values of a branch are equal to others."""
        if id(values) not in self._identities:  # kept beside them, so that no id is used again
            self._identities[id(values)] = values, frozenset(map(identity, values))
        return self._identities[id(values)][1]

    def home(self, schemas: Conjunction, keyword: str = "") -> str:
        """Return the pointer of the first schema, references followed, at `keyword` if there."""
        if not schemas:
            return ""
        site = self._real(schemas[0])
        if isinstance(site.schema, Mapping) and keyword in site.schema:
            return join_pointer(site.pointer, keyword)
        return site.pointer

    def find(self, schemas: Conjunction, keyword: str) -> Constraint | None:
        """Return an annotation such as `default` with its pointer, looking through references."""
        for schema in schemas:
            for site in self.layers(schema):
                if isinstance(site.schema, Mapping) and keyword in site.schema:
                    return Constraint(site.schema[keyword], join_pointer(site.pointer, keyword))
        return None

    def _real(self, site: SchemaSite) -> SchemaSite:
        return next(iter(list(self.layers(site, nested=False))[::-1]))

    def layers(self, site: SchemaSite, *, nested: bool = True) -> Iterator[SchemaSite]:
        """Yield a schema and what it refers to, and with `nested` what it is composed of."""
        queue, seen = [site], set()
        while queue:
            here = queue.pop(0)
            if here in seen:
                continue
            seen.add(here)
            self._judge(here)
            yield here
            if not isinstance(here.schema, Mapping):
                continue
            if (target := self._reference(here)) is not None:
                queue.append(target)
            elif nested:
                parts = here.schema.get("allOf", ())
                queue += [
                    SchemaSite(join_pointer(here.pointer, "allOf", i), p)
                    for i, p in enumerate(parts)
                ]

    def _judge(self, site: SchemaSite) -> None:
        """Require, once, that a schema can be read."""
        if (site.pointer, site.tag) not in self._compared:
            require_sane(site.schema, site.pointer, self.document)
            self._compared.add((site.pointer, site.tag))

    def _is_reference(self, schema: Mapping[str, Any]) -> bool:
        """Whether a schema with a reference says nothing beside it."""
        return self.document.is_30 or len(schema) == 1

    def _reference(self, site: SchemaSite) -> SchemaSite | None:
        if isinstance(ref := site.schema.get("$ref"), str):
            return SchemaSite(*self.document.target(ref)[::-1])
        named = self._dynamic(site.schema)
        return SchemaSite(*named[0][::-1]) if len(named) == 1 else None

    def _dynamic(self, schema: Mapping[str, Any]) -> list[Located]:
        ref = None if self.document.is_30 else schema.get("$dynamicRef")
        return self.document.dynamic_targets(ref) if isinstance(ref, str) else []

    def _expand(self, site: SchemaSite) -> tuple[SchemaBranch, ...]:
        key = (site.pointer, site.tag)
        if key not in self._expanded:
            self._expanded[key] = anything(site.pointer)  # a schema that is only itself
            self._reading.add(key)
            self._expanded[key] = self._dissolve(site)
            self._reading.discard(key)
        self._circles += key in self._reading
        return self._expanded[key]

    def _dissolve(self, site: SchemaSite) -> tuple[SchemaBranch, ...]:
        schema, pointer = site.schema, site.pointer
        self._judge(site)
        if isinstance(schema, bool):
            return anything(pointer) if schema else ()
        target = self._reference(site)
        if target is not None and self._is_reference(schema):
            return self._expand(target)
        branches = self._composed(schema, site, target)
        if self.document.is_30 and schema.get("nullable") is True:
            null = SchemaBranch("null", join_pointer(pointer, "nullable"))
            branches = (*(b for b in branches if b.type != "null"), null)
        return tuple(branch for branch in branches if self._possible(branch))

    def _composed(
        self, schema: Mapping[str, Any], site: SchemaSite, target: SchemaSite | None
    ) -> tuple[SchemaBranch, ...]:
        """Return the branches of the keywords together with all that they are composed of."""
        pointer = site.pointer
        branches = self._own(schema, site)
        if target is not None:
            branches = meet(branches, self._expand(target))
        named = self._dynamic(schema)
        if named and ("$ref" in schema or len(named) > 1):
            some = [{"$ref": each.fragment} for each in named]
            branches = meet(branches, self._as_text(some, join_pointer(pointer, "$dynamicRef")))
        for index, part in enumerate(schema.get("allOf", ())):
            inner = self._expand(SchemaSite(join_pointer(pointer, "allOf", index), part))
            if crowded(inner, branches):
                inner = self._as_text(part, join_pointer(pointer, "allOf", index))
            branches = meet(branches, inner)
        for word in ("anyOf", "oneOf"):
            if schema.get(word):
                branches = self._with_union(branches, schema, join_pointer(pointer, word), word)
        if "not" in schema:
            branches = self._without(
                branches, SchemaSite(join_pointer(pointer, "not"), schema["not"])
            )
        branches = self._conditional(branches, schema, pointer)
        for name in schema.get("dependentSchemas", ()):
            branches = self._dependent(branches, schema, pointer, name)
        if schema.keys() & UNEVALUATED:
            branches = closed_over(branches, site, list(self.layers(site)))
        return branches

    def _conditional(
        self, branches: tuple[SchemaBranch, ...], schema: Mapping[str, Any], pointer: str
    ) -> tuple[SchemaBranch, ...]:
        """Apply `if`: what fits it has to fit `then`, what does not, `else`."""
        if "if" not in schema or not {"then", "else"} & schema.keys():
            return branches
        condition, *arms = (
            SchemaSite(join_pointer(pointer, w), schema.get(w)) for w in CONDITIONAL
        )
        met = (meet(branches, self._expand(condition)), self._without(branches, condition))
        united: list[SchemaBranch] = []
        for arm, fitting, fact in zip(arms, met, ("holds", "fails"), strict=True):
            inner = anything(arm.pointer) if arm.schema is None else self._expand(arm)
            if crowded(inner, fitting):
                return meet(branches, self._as_text([schema.get(w) for w in CONDITIONAL], pointer))
            united += distinguished(meet(fitting, inner), f"`if` {fact}")
        return tuple(without_twins(united))

    def _dependent(
        self, branches: tuple[SchemaBranch, ...], schema: Mapping[str, Any], pointer: str, name: str
    ) -> tuple[SchemaBranch, ...]:
        """Apply one of dependentSchemas: it holds for objects that have the property."""
        home = join_pointer(pointer, "dependentSchemas", name)
        inner = self._expand(SchemaSite(home, schema["dependentSchemas"][name]))
        if crowded(inner, branches):
            return meet(branches, self._as_text(schema["dependentSchemas"][name], home))
        there = SchemaSite(home, {"type": "object", "required": [name]}, tag="there")
        lacking = SchemaBranch("object", home, {"not": (Constraint(there, home),)})
        having = SchemaBranch("object", home, {"required": (Constraint(name, home),)})
        objects = [branch for branch in branches if branch.type == "object"]
        return (
            *(branch for branch in branches if branch.type != "object"),
            *distinguished(meet(meet(objects, [having]), inner), f"`{name}` is there"),
            *distinguished(
                meet((b for b in objects if name not in b.required), [lacking]),
                f"`{name}` is missing",
            ),
        )

    def _as_text(self, part: Any, pointer: str) -> tuple[SchemaBranch, ...]:
        """Return branches that are compared word for word, with all that the words refer to."""
        texts, queue = {"": canonical(part)}, [part]
        while queue:
            for reference in references(queue.pop()):
                if reference.startswith("#") and reference not in texts:
                    target = self.document.target(reference).node
                    texts[reference] = canonical(target)
                    queue.append(target)
        mark = {"condition": (Constraint(canonical(texts, names=True), pointer),)}
        return tuple(SchemaBranch(kind, pointer, mark) for kind in TYPES)

    def _own(self, schema: Mapping[str, Any], site: SchemaSite) -> tuple[SchemaBranch, ...]:
        """Return the branches of a schema's own keywords, before any composition."""
        pointer = site.pointer
        word = "const" if "const" in schema else "enum"
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        branches = []
        for kind in types_of(schema):
            marks = marks_of(kind, schema, pointer, self.hides)
            if values is None:
                branches.append(SchemaBranch(kind, pointer, marks))
                continue
            fitting = {identity(v): v for v in values if type_of(v) == kind}
            if fitting:
                here = tuple(fitting.values())
                at = pointer if site.tag else join_pointer(pointer, word)
                branches.append(SchemaBranch(kind, pointer, marks, here, at))
        return tuple(branches)

    def hides(self, site: SchemaSite) -> bool:
        """Return whether a property does not exist in this direction."""
        mark = self.find((site,), self._hiding)
        return mark is not None and mark.value is True

    def _with_union(
        self, branches: tuple[SchemaBranch, ...], schema: Mapping[str, Any], pointer: str, word: str
    ) -> tuple[SchemaBranch, ...]:
        united: list[SchemaBranch] = []
        sites = [SchemaSite(join_pointer(pointer, i), part) for i, part in enumerate(schema[word])]
        discriminator = schema.get("discriminator")
        for site in sites:
            label = self._label(site)
            found = labelled(self._expand(site), label) if label else self._expand(site)
            if word == "oneOf" and not isinstance(discriminator, Mapping):
                found = self._exclusive(found, [other for other in sites if other is not site])
            united += self._discriminated(found, site, discriminator, pointer)
        if len(united) * len(branches) > MOST_BRANCHES:
            return meet(branches, self._as_text(schema[word], pointer))
        return meet(branches, without_twins(united))

    def _exclusive(
        self, branches: tuple[SchemaBranch, ...], others: list[SchemaSite]
    ) -> tuple[SchemaBranch, ...]:
        """Note the other members of a oneOf: a value that fits one of them too is refused."""
        found = []
        for branch in branches:
            rivals = [s for s in others if any(b.type == branch.type for b in self._expand(s))]
            if rivals and len(rivals) <= MOST_EXCLUSIVE:
                exclusive = tuple(Constraint(rival, rival.pointer) for rival in rivals)
                marks = {**branch.marks, "one-of": (*branch.get("one-of"), *exclusive)}
                branch = replace(branch, marks=marks)  # noqa: PLW2901 - the same branch, marked
            found.append(branch)
        return tuple(found)

    def _label(self, site: SchemaSite) -> str:
        if not isinstance(site.schema, Mapping):
            return ""
        if isinstance(ref := site.schema.get("$ref"), str):
            return ref.rsplit("/", 1)[-1]
        title = site.schema.get("title")
        return title if isinstance(title, str) else ""

    def _discriminated(
        self, branches: tuple[SchemaBranch, ...], site: SchemaSite, discriminator: Any, pointer: str
    ) -> tuple[SchemaBranch, ...]:
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
        site_of = SchemaSite(home, {"enum": values}, tag=f"{name}={values}")
        shape = Constraint(Shape({name: site_of}, {}, None, home), home)
        demand = {"required": (Constraint(name, home),), "shape": (shape,)}
        extra = [SchemaBranch(kind, home, demand if kind == "object" else {}) for kind in TYPES]
        is_demanded = any(self._names_values(branch, name) for branch in branches)
        return branches if is_demanded else labelled(meet(extra, branches), short)

    def _names_values(self, branch: SchemaBranch, name: str) -> bool:
        sites = tuple(s.properties[name] for s in branch.shapes if name in s.properties)
        return bool(sites) and all(b.values is not None for b in self.branches(sites))

    def _without(
        self, branches: tuple[SchemaBranch, ...], denied: SchemaSite
    ) -> tuple[SchemaBranch, ...]:
        """Apply `not`: whole types go, of the others it is remembered what they must not be."""
        for site, is_denied in denials(denied, self._follow):
            refused = self._expand(site)
            if not is_denied:
                branches = meet(branches, refused)
                continue
            kinds = {branch.type for branch in refused}
            whole = {branch.type for branch in refused if unrestricted(branch)}
            mark = {"not": (Constraint(site, site.pointer),)}
            demands = (
                SchemaBranch(kind, site.pointer, mark if kind in kinds else {}) for kind in TYPES
            )
            branches = meet([b for b in branches if b.type not in whole], list(demands))
        return branches

    def _possible(self, branch: SchemaBranch) -> bool:
        """Whether some value is left, as far as this and the required properties tell."""
        if contradictory(branch):
            return False
        for name in branch.required:
            named = (s.properties[name] for s in branch.shapes if name in s.properties)
            sites = tuple(site for site in named if site is not ANYTHING)
            if len(sites) > 1 and self._is_never(sites):
                return False
        return True

    def _is_never(self, schemas: Conjunction) -> bool:
        """Whether no value is left; what hangs on a schema that is being read is forgotten."""
        circles, known, met = self._circles, len(self._expanded), len(self._met)
        never = not self.branches(schemas)
        if self._circles == circles:
            return never
        for cache, size in ((self._expanded, known), (self._met, met)):
            while len(cache) > size:
                cache.popitem()
        return False
