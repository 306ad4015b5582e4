"""What a consumer expects of a response body, against the schema of what the provider sends.

The consumer takes a subset: other properties are fine. What it expects must be possible: a
property that the schema lacks, or another type, is an error; a property that may be absent is
a warning, as the state that the interaction asks for may see to its presence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apiproof.contract_diff.pact.findings import Problem, not_compared, schema_problems, shown
from apiproof.contract_diff.pact.matchers import MatcherCheck
from apiproof.contract_diff.pact.matching_rules import (
    MatchingRuleSet,
    has_loose_keys,
    is_exact,
    is_loose,
    scalar_matcher,
    takes_key,
    value_rule,
)
from apiproof.contract_diff.pact.messages import (
    Place,
    Schemas,
    as_possible,
    as_type,
    length_problems,
    maybe_absent,
    never_sent,
    no_alternative,
    other_key,
    unexpected,
    unknown,
)
from apiproof.openapi.references import Document, Located
from apiproof.openapi.schema_variants import (
    Properties,
    SchemaVariants,
    Variant,
    json_types,
    variant_types,
)
from apiproof.openapi.validation import SchemaValidator, is_flagged
from apiproof.pacts.reading import Matcher, Rule
from apiproof.pacts.reading.expressions import show
from apiproof.pacts.reading.rules import is_known, read_rules


@dataclass(frozen=True)
class ExpectedBody:
    """The expected body of one response.

    Attributes:
        document: where the schemas are.
        variants: of the document.
        validator: of responses.
        rules: the body's.
        is_xml: the body is XML in the form of `xml_body`; Pact's paths of elements have no
            indexes, more elements than the example's are fine, and a type matcher knows no
            other children (as in pact_ffi 0.5.12).
    """

    document: Document
    variants: SchemaVariants
    validator: SchemaValidator
    rules: MatchingRuleSet
    is_xml: bool = False

    def problems(
        self, expected: Any, schemas: Schemas, place: Place = (), inherited: Rule | None = None
    ) -> list[Problem]:
        """What of an expected value the schemas, all of which hold, do not promise."""
        if not schemas:
            return []
        rule = self._rule(place, inherited)
        found = self._ruled(expected, schemas, place, rule)
        is_whole = [is_exact(each) for _, each in self.rules.rules] == [True]
        if rule is None or not is_exact(rule) or is_whole or any(each.is_error for each in found):
            return found
        # Equality is of the whole, beside what the rules below it say.
        whole = replace(self, rules=MatchingRuleSet(((place, rule),)))
        return whole.problems(expected, schemas, place)

    def _ruled(
        self, expected: Any, schemas: Schemas, place: Place, rule: Rule | None
    ) -> list[Problem]:
        if unclear := _unknown_matcher(rule, schemas, place):
            return [unclear]
        if not isinstance(expected, list | Mapping):
            return self._scalar(expected, schemas, place, rule)
        if rule and rule.combine == "OR" and self._or_null(rule, schemas):
            return []
        variants = self.variants.of(schemas, expected)
        found: list[list[Problem]] = []
        for variant in variants:
            problems = self._container(expected, variant, place, rule)
            if not problems:
                return []
            found.append(problems)
        return min(found, key=_badness) if found else [no_alternative(expected, schemas, place)]

    def _rule(self, place: Place, inherited: Rule | None) -> Rule | None:
        if self.is_xml:
            elements = tuple(step for step in place if not isinstance(step, int))
            return self.rules.at(place) or self.rules.at(elements, inherited)
        return self.rules.at(place, inherited)

    def _container(
        self, expected: Any, variant: Variant, place: Place, rule: Rule | None
    ) -> list[Problem]:
        wanted = json_types(expected)
        allowed = variant_types(variant)
        if not wanted & allowed:
            pointer = next((s.pointer for s in variant if s.node is False or "type" in s.node), "")
            got = " or ".join(sorted(allowed)) or "nothing at all"
            words = f"expected {' or '.join(wanted)}, got a schema of {got}"
            return [Problem("response-body-type", show(place), pointer, words)]
        if isinstance(expected, list):
            return [*self._array(expected, variant, place, rule)]
        return [*self._object(expected, variant, place, rule)]

    def _array(
        self, expected: list[Any], variant: Variant, place: Place, rule: Rule | None
    ) -> Iterator[Problem]:
        yield from length_problems(len(expected), variant, place, rule, is_open=self.is_xml)
        variants = _contained(rule)
        if variants is not None:
            yield from self._contains(variants, expected, variant, place)
            return
        for number, item in enumerate(expected):
            schemas = _items(variant, number)
            yield from self.problems(item, schemas, (*place, number), value_rule(rule))
        if expected and is_loose(rule):
            yield from self._further(expected, variant, place, rule)

    def _further(
        self, expected: list[Any], variant: Variant, place: Place, rule: Rule | None
    ) -> Iterator[Problem]:
        """Items beyond the examples: where a matcher allows them, each is like the first."""
        prefix = _prefix(variant)
        least = max(schema.node.get("minItems") or 0 for schema in variant)
        for number in range(len(expected), prefix + 1):
            schemas = _items(variant, number)
            if any(schema.node is False for schema in schemas):
                return
            found = self.problems(expected[0], schemas, (*place, number), value_rule(rule))
            for problem in found:
                yield problem if number < least else as_possible(problem)

    def _contains(
        self, variants: list[Any], expected: list[Any], variant: Variant, place: Place
    ) -> Iterator[Problem]:
        for each in variants:
            number = each.get("index", 0)
            if isinstance(number, int) and 0 <= number < len(expected):
                book = MatchingRuleSet(read_rules({"body": each.get("rules") or {}}).body)
                inner = replace(self, rules=book)
                found = [
                    inner.problems(expected[number], _items(variant, position))
                    for position in range(_prefix(variant) + 1)
                ]
                best = min(found, key=_badness)
                yield from (problem.below(show((*place, number))) for problem in best)

    def _object(
        self, expected: Mapping[str, Any], variant: Variant, place: Place, rule: Rule | None
    ) -> Iterator[Problem]:
        properties = Properties(variant)
        if matcher := scalar_matcher(rule):
            words = f"expected an object that the matcher {matcher.kind} takes, and it takes none"
            yield Problem("response-body-type", show(place), variant[0].pointer, words)
        yield from self._names(expected, variant, place, rule)
        for name, value in expected.items():
            here = (*place, name)
            schemas = properties.of(name)
            if schemas is None and has_loose_keys(rule):
                yield from self._any_of(value, properties, here, rule)
            elif schemas is None:
                yield unknown(name, properties, place, variant)
            elif any(is_flagged(self.document, schema, "writeOnly") for schema in schemas):
                yield never_sent(name, schemas, place)
            else:
                if properties.may_lack(name) and not has_loose_keys(rule):
                    yield maybe_absent(name, schemas, place)
                yield from self.problems(value, schemas, here, value_rule(rule))
        yield from self._keys(expected, properties, place, rule)
        if is_exact(rule) or (
            self.is_xml and rule and any(m.kind == "type" for m in rule.matchers)
        ):
            for name in properties.names:
                if name not in expected and not (self.is_xml and name[0] in "@#"):
                    yield unexpected(name, properties, place)

    def _keys(
        self, expected: Mapping[str, Any], properties: Properties, place: Place, rule: Rule | None
    ) -> Iterator[Problem]:
        """What `eachKey` makes of the names that an object has for certain, or may have."""
        judge = MatcherCheck(self.variants, self.validator)

        def takes(name: str) -> bool:
            return takes_key(rule, name, lambda matcher, key: judge.matches(matcher, key, key))

        for name in properties.names:
            if properties.requires(name) and not takes(name):
                yield other_key(name, properties, place)
        named = [schema.at("propertyNames") for schema in properties.variant]
        names = [part for part in named if part.node is not None]
        candidates = [name for name in (*expected, *properties.names) if takes(name)]
        accepted = [name for name in candidates if self.validator.accepts(names, name)]
        if candidates and not accepted and has_loose_keys(rule):
            yield Problem(
                "response-property-key",
                show(place),
                names[0].pointer,
                f"expected keys like {shown(candidates[0])}, got a schema of other keys",
            )

    def _any_of(
        self, value: Any, properties: Properties, place: Place, rule: Rule | None
    ) -> list[Problem]:
        """A value whose key is a mere example: it must suit some property."""
        found = [
            self.problems(value, schemas, place, value_rule(rule)) for schemas in properties.all()
        ]
        if any(not problems for problems in found):
            return []
        best = min(found, key=_badness, default=None)
        return best or [unknown(str(place[-1]), properties, place[:-1], properties.variant)]

    def _names(
        self, expected: Mapping[str, Any], variant: Variant, place: Place, rule: Rule | None
    ) -> Iterator[Problem]:
        for schema in variant:
            names = schema.at("propertyNames")
            if names.node is not None and not has_loose_keys(rule):
                for name in expected:
                    for problem in schema_problems(
                        self.validator, names, name, "response-body-value"
                    ):
                        yield problem.below(show((*place, name)))
            most = schema.node.get("maxProperties")
            if isinstance(most, int) and len(expected) > most and not has_loose_keys(rule):
                words = f"expected {len(expected)} properties, got a schema of at most {most}"
                pointer = schema.at("maxProperties").pointer
                yield Problem("response-body-length", show(place), pointer, words)

    def _scalar(
        self, expected: Any, schemas: Schemas, place: Place, rule: Rule | None
    ) -> list[Problem]:
        matchers = rule.matchers if rule else (Matcher("equality"),)
        found = [self._matcher(matcher, expected, schemas, place) for matcher in matchers]
        if rule and rule.combine == "OR":
            return min(found, key=_badness)
        return [problem for problems in found for problem in problems][:1]

    def _matcher(
        self, matcher: Matcher, expected: Any, schemas: Schemas, place: Place
    ) -> list[Problem]:
        if matcher.kind == "equality":
            value = matcher.options.get("value", expected)
            return self._exact(value, schemas, place)
        obstacle = MatcherCheck(self.variants, self.validator).obstacle(matcher, expected, schemas)
        if obstacle is None:
            return []
        wanted, got = obstacle
        rule = "response-body-value" if wanted.startswith(("text", "a ")) else "response-body-type"
        words = f"expected {wanted}, got a schema of {got}"
        pointer = self.document.resolve(schemas[0]).pointer
        return [Problem(rule, show(place), pointer, words)]

    def _exact(self, expected: Any, schemas: Schemas, place: Place) -> list[Problem]:
        found: list[Problem] = []
        for schema in schemas:
            found += schema_problems(
                self.validator, schema, expected, "response-body-value", show(place)
            )
        return [as_type(problem, expected) for problem in found[:1]]

    def _or_null(self, rule: Rule, schemas: Schemas) -> bool:
        wants_null = any(matcher.kind == "null" for matcher in rule.matchers)
        return wants_null and any("null" in variant_types(v) for v in self.variants.of(schemas))


def _badness(problems: Sequence[Problem]) -> tuple[int, int]:
    # A wrong type at the top is further from fitting than several wrong things deep inside.
    errors = [problem for problem in problems if problem.is_error]
    shallow = sum(1 for problem in errors if problem.rule == "response-body-type")
    return len(errors) + shallow, len(problems)


def _prefix(variant: Variant) -> int:
    """How many items have schemas of their own."""
    return max((len(schema.node.get("prefixItems") or ()) for schema in variant), default=0)


def _items(variant: Variant, number: int) -> list[Located]:
    found = []
    for schema in variant:
        prefix = schema.node.get("prefixItems")
        is_prefixed = isinstance(prefix, list) and number < len(prefix)
        part = schema.at("prefixItems", number) if is_prefixed else schema.at("items")
        if part.node is not None and part.node is not True:
            found.append(part)
    return found


def _unknown_matcher(rule: Rule | None, schemas: Schemas, place: Place) -> Problem | None:
    for matcher in rule.matchers if rule else ():
        if not is_known(matcher):
            why = f"expected what the matcher {matcher.kind!r} takes, which is none of Pact's"
            return not_compared(show(place), schemas[0].pointer, why)
    return None


def _contained(rule: Rule | None) -> list[Any] | None:
    for matcher in rule.matchers if rule else ():
        if matcher.kind == "arraycontains" and isinstance(matcher.options.get("variants"), list):
            return [each for each in matcher.options["variants"] if isinstance(each, Mapping)]
    return None
