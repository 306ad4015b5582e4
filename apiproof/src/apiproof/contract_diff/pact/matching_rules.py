"""The matching rules of one body, and what generators replace.

Source: Pact specification 3, "Matching Rules Paths": the heaviest expression wins; a rule of a
parent holds below it, but not its lengths, nor what speaks of the parent's keys and values. What a
generator replaces before it is sent proves nothing by its example ("Generators").
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from apiproof.pacts.reading import Matcher, Request, Rule, Step, parse_expression
from apiproof.pacts.reading.expressions import weight
from apiproof.pacts.reading.rules import read_rule

_STAYING: Final = frozenset({"eachkey", "eachvalue", "values", "arraycontains", "contenttype"})
_SCALAR: Final = frozenset(
    {
        "integer",
        "decimal",
        "number",
        "boolean",
        "null",
        "semver",
        "date",
        "time",
        "datetime",
        "include",
    }
)
_LOOSE_KEYS: Final = frozenset({"eachkey", "eachvalue", "values"})
Rules = tuple[tuple[tuple[Step, ...], Rule], ...]


@dataclass(frozen=True)
class MatchingRuleSet:
    """Rules by place; `below` are rules that a matcher of an outer place brought along."""

    rules: Rules

    def at(self, place: tuple[Step, ...], inherited: Rule | None = None) -> Rule | None:
        """The rule that holds at a place; `inherited` where none names the place itself."""
        weighed = [
            (weight(steps, place) * (len(steps) + 1), len(steps), rule)
            for steps, rule in self.rules
        ]
        _, length, rule = max(weighed, key=lambda each: each[:2], default=(0, 0, None))
        if rule is None or not any(each[0] for each in weighed):
            return inherited
        if length == len(place):
            return rule
        return inherited or cascaded(rule)


def cascaded(rule: Rule) -> Rule | None:
    """What of a rule holds below the place that it names."""
    matchers = tuple(Matcher(m.kind) if m.kind == "type" else m for m in _cascading(rule.matchers))
    return Rule(matchers, rule.combine) if matchers else None


def value_rule(rule: Rule | None) -> Rule | None:
    """The rule that `eachValue` of a place sets for what is directly below.

    `values` sets none: it lets go of the keys alone (pact_ffi 0.5.12).
    """
    for matcher in rule.matchers if rule else ():
        if matcher.kind == "eachvalue":
            return read_rule(matcher.options.get("rules") or [{"match": "type"}])
    return None


def has_loose_keys(rule: Rule | None) -> bool:
    """Whether a rule says that an object's keys are mere examples."""
    return any(matcher.kind in _LOOSE_KEYS for matcher in (rule.matchers if rule else ()))


def takes_key(rule: Rule | None, name: str, matches: Callable[[Matcher, str], bool]) -> bool:
    """Whether the `eachKey` of a place, if it has one, takes a key.

    Args:
        rule: of the object.
        name: the key.
        matches: whether a matcher takes a text.
    """
    for matcher in rule.matchers if rule else ():
        if matcher.kind == "eachkey":
            inner = read_rule(matcher.options.get("rules") or [])
            quantifier = any if inner.combine == "OR" else all
            if inner.matchers and not quantifier(matches(each, name) for each in inner.matchers):
                return False
    return True


def is_exact(rule: Rule | None) -> bool:
    """Whether a rule says in so many words that there is nothing beside the example."""
    return rule is not None and [matcher.kind for matcher in rule.matchers] == ["equality"]


def scalar_matcher(rule: Rule | None) -> Matcher | None:
    """A matcher that no object passes (pact_ffi 0.5.12), if all of a rule's matchers must hold."""
    matchers = rule.matchers if rule and rule.combine == "AND" else ()
    return next((matcher for matcher in matchers if matcher.kind in _SCALAR), None)


def is_loose(rule: Rule | None) -> bool:
    """Whether a rule lets go of an array's exact length and items."""
    return any(matcher.kind != "equality" for matcher in (rule.matchers if rule else ()))


def lengths(rule: Rule | None, example: int) -> tuple[int, int | None]:
    """The least and the largest number of items that a consumer takes."""
    if not is_loose(rule):
        return example, example
    least, most = 0, None
    for matcher in rule.matchers if rule else ():
        least = max(least, _number(matcher.options.get("min")) or 0)
        least = max(least, 1 if matcher.kind == "notempty" and example else 0)
        most = _number(matcher.options.get("max")) if "max" in matcher.options else most
    return least, most


def _cascading(matchers: Iterable[Matcher]) -> Iterable[Matcher]:
    return (matcher for matcher in matchers if matcher.kind not in _STAYING)


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


_CATEGORIES: Final = {"headers": "header"}


def is_replaced(request: Request, place: str) -> bool:
    """Whether the value at a place of the request, a JSON path under it, is generated."""
    if not request.generators:
        return False
    part, *rest = parse_expression(place.removeprefix(".request")) or ("",)
    entries = request.generators.get(_CATEGORIES.get(str(part), str(part)))
    if not isinstance(entries, Mapping):
        return False
    if part == "path":
        return bool(entries)
    if part == "body":
        location = request.body.location if request.body else "body"
        return any(_same(parse_expression(key), rest[location.count(".") :]) for key in entries)
    return any(key == rest[0] or _same(_name(key), rest[:1]) for key in entries) if rest else False


def _name(key: str) -> Sequence[Step]:
    return parse_expression(key)[:1]


def _same(expression: Sequence[Any], place: Sequence[Any]) -> bool:
    return len(expression) == len(place) and all(
        wanted in ("*", actual) for wanted, actual in zip(expression, place, strict=True)
    )
