"""Matching rules, read from the two forms that pact files have.

Flat (V2): `{"$.body.x": {"match": "type"}, "$.query.q": ...}`. By category (V3, V4):
`{"body": {"$.x": {"combine": "AND", "matchers": [...]}}, "path": {"matchers": [...]}}`.
The form is recognised by its looks, because some libraries write the flat one into V3 files.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from apiproof.pacts.reading.expressions import Step, parse_expression, show
from apiproof.pacts.reading.model import Matcher, MatchingRules, Rule

_SYNONYMS: Final = {
    "timestamp": "datetime",
    "like": "type",
    "each": "type",
    "real": "decimal",
    **dict.fromkeys(("min-type", "max-type", "minmax-type"), "type"),
    **dict.fromkeys(("minType", "maxType", "minMaxType"), "type"),
    # Two spellings of one matcher: the specification's and that of other languages.
    **dict.fromkeys(("notEmpty", "not-empty"), "notempty"),
    **dict.fromkeys(("eachKey", "each-key"), "eachkey"),
    **dict.fromkeys(("eachValue", "each-value"), "eachvalue"),
    **dict.fromkeys(("arrayContains", "array-contains"), "arraycontains"),
    **dict.fromkeys(("contentType", "content-type"), "contenttype"),
    **dict.fromkeys(("statusCode", "status-code"), "statuscode"),
}
_PLAIN: Final = ("regex", "equality", "integer", "number", "boolean", "null", "include", "values")
_KINDS: Final = frozenset({*_SYNONYMS.values(), *_PLAIN, "date", "time", "semver"})
_QUOTED: Final = re.compile(r"\\Q(.*?)(?:\\E|$)", re.DOTALL)
_LARGEST: Final = 10_000
_FORMATS: Final = ("timestamp", "datetime", "date", "time")
_CATEGORIES: Final = {"headers": "header", "headers[0]": "header"}


class RuleMalformed(Exception):
    """What stands for matching rules is none; one phrase that says why."""


def require_rules(raw: Any) -> None:
    """Refuse what is no set of rules of either form.

    Raises:
        RuleMalformed: an object or a list is missing where the specification has one.
    """
    if raw is None:
        return
    for key, value in _object(raw, "the rules").items():
        # A V2 rule stands here itself; a category of V3 has rules by expression, or one.
        inner = _object(value, key)
        if key.startswith("$") or "matchers" in inner:
            _require_rule(inner, key)
            continue
        for expression, rule in inner.items():
            _require_rule(rule, f"{key}{show(parse_expression(expression))}")


def _require_rule(raw: Any, where: str) -> None:
    matchers = raw if isinstance(raw, list) else [raw]
    if isinstance(raw, Mapping) and "matchers" in raw:
        matchers = raw["matchers"]
        if not isinstance(matchers, list):
            raise RuleMalformed(f"the matchers of {where} are no list")
    for matcher in matchers:
        _object(matcher, f"a matcher of {where}")


def _object(raw: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise RuleMalformed(f"{what}: not an object")
    return raw


def read_rules(raw: Any) -> MatchingRules:
    """The matching rules of a request or response; anything unreadable loosens nothing."""
    if not isinstance(raw, Mapping):
        return MatchingRules()
    found: dict[str, list[tuple[tuple[Step, ...], Rule]]] = {}
    for category, steps, rule in _entries(raw):
        if rule.matchers:
            found.setdefault(category, []).append((steps, rule))
    return MatchingRules(
        path=_only(found.get("path", [])),
        status=_only(found.get("status", [])),
        query=_named(found.get("query", [])),
        header={name.lower(): rule for name, rule in _named(found.get("header", [])).items()},
        body=tuple(found.get("body", [])),
    )


def is_known(matcher: Matcher) -> bool:
    """Whether a matcher is one of the specification's; what another one takes, nobody can tell."""
    return matcher.kind in _KINDS


def read_rule(raw: Any) -> Rule:
    """The rule of one place: a list of matchers, one matcher, or `{combine, matchers}`."""
    if isinstance(raw, Mapping) and isinstance(raw.get("matchers"), list):
        combine = "OR" if str(raw.get("combine", "AND")).upper() == "OR" else "AND"
        return Rule(tuple(_matchers(raw["matchers"])), "OR" if combine == "OR" else "AND")
    return Rule(tuple(_matchers(raw if isinstance(raw, list) else [raw])))


def _entries(raw: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Step, ...], Rule]]:
    for key, value in raw.items():
        if key.startswith("$"):
            category, *steps = parse_expression(key) or ("body",)
            yield _CATEGORIES.get(str(category), str(category)), tuple(steps), read_rule(value)
        elif isinstance(value, Mapping):
            category = _CATEGORIES.get(key, key)
            if "matchers" in value and isinstance(value["matchers"], list):
                yield category, (), read_rule(value)
                continue
            for expression, rule in value.items():
                yield category, _steps(category, expression), read_rule(rule)


def _steps(category: str, expression: str) -> tuple[Step, ...]:
    # Names of headers and queries stand bare ("X-Y", "filter[name]") or as an expression.
    if category != "body" and not expression.startswith("$"):
        return (expression,) if expression else ()
    return parse_expression(expression)


def _matchers(raw: list[Any]) -> Iterator[Matcher]:
    for options in raw:
        if isinstance(options, Mapping):
            kind = _kind(options)
            if kind:
                yield Matcher(kind, dict(options))


def _kind(options: Mapping[str, Any]) -> str:
    stated = options.get("match")
    if isinstance(stated, str):
        return _SYNONYMS.get(stated, stated)
    # pact-jvm's and pact-ruby's V2 files may leave `match` out.
    if "regex" in options:
        return "regex"
    if "min" in options or "max" in options:
        return "type"
    return next((_SYNONYMS.get(name, name) for name in _FORMATS if name in options), "")


def _only(entries: list[tuple[tuple[Step, ...], Rule]]) -> Rule | None:
    return entries[0][1] if entries else None


def _named(entries: list[tuple[tuple[Step, ...], Rule]]) -> dict[str, Rule]:
    return {str(steps[0]): rule for steps, rule in entries if steps}


Flat = dict[str, Mapping[str, Any]]


def plain_part(part: Mapping[str, Any]) -> Mapping[str, Any]:
    r"""A request or response in the words of the specification alone.

    pact-ruby's embedded matchers become examples and flat rules, and what Java quotes in a regular
    expression (`\Q...\E`) is escaped as everywhere else.

    Raises:
        RuleMalformed: an embedded matcher is none, or there are rules by category beside it.
    """
    plain = _without_classes(part)
    rules = plain.get("matchingRules")
    portable = _portable(rules)
    return plain if portable == rules else {**plain, "matchingRules": portable}


def _portable(rules: Any) -> Any:
    if isinstance(rules, list):
        return [_portable(each) for each in rules]
    if not isinstance(rules, Mapping):
        return rules
    return {
        name: _QUOTED.sub(_escaped, value)
        if name == "regex" and isinstance(value, str)
        else _portable(value)
        for name, value in rules.items()
    }


def _escaped(quoted: re.Match[str]) -> str:
    return re.sub(r"[.^$*+?()\[\]{}|\\]", r"\\\g<0>", quoted[1])


def _without_classes(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part without pact-ruby's embedded matchers.

    Raises:
        RuleMalformed: an embedded matcher is none, or there are rules by category beside it.
    """
    found: Flat = {}
    plain = {
        name: unwrap(value, f"$.{name}", found)
        for name, value in part.items()
        if name not in ("matchingRules", "generators")
    }
    if not found:
        return part
    stated = _object(part.get("matchingRules") or {}, "the rules")
    if not all(key.startswith("$") for key in stated):
        raise RuleMalformed("pact-ruby's embedded matchers beside rules by category")
    return {**part, **plain, "matchingRules": {**found, **stated}}


def unwrap(value: Any, place: str, rules: Flat) -> Any:
    """The example of a value without its embedded matchers, which are added to `rules`.

    Args:
        value: of any kind.
        place: its path expression.
        rules: by expression, as version 2 has them.

    Raises:
        RuleMalformed: a matcher of pact-ruby's is none.
    """
    if isinstance(value, list):
        return [unwrap(item, f"{place}[{number}]", rules) for number, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    match value.get("json_class"):
        case "Pact::SomethingLike":
            rules[place] = {"match": "type"}
            return unwrap(value.get("contents"), place, rules)
        case "Pact::ArrayLike":
            least = value.get("min", 1)
            if not isinstance(least, int):
                raise RuleMalformed("the min of a Pact::ArrayLike is no number")
            rules[place] = {"match": "type", "min": least}
            item = unwrap(value.get("contents"), f"{place}[*]", rules)
            if _size(item) * least > _LARGEST:
                raise RuleMalformed(f"a Pact::ArrayLike of more than {_LARGEST} values")
            return [item] * max(1, least)
        case "Pact::Term":
            data = _object(value.get("data") or {}, "a Pact::Term")
            pattern = data.get("matcher")
            if isinstance(pattern, Mapping):
                # Ruby looks for it anywhere in the text; a rule has to match as a whole.
                found = f"[\\s\\S]*(?:{pattern.get('s', '')})[\\s\\S]*"
                rules[place] = {"match": "regex", "regex": found}
            return data.get("generate")
    return {name: unwrap(item, place + show([name]), rules) for name, item in value.items()}


def _size(value: Any) -> int:
    """How many values a JSON value holds, itself among them."""
    if isinstance(value, list):
        return 1 + sum(map(_size, value))
    return 1 + sum(map(_size, value.values())) if isinstance(value, Mapping) else 1
