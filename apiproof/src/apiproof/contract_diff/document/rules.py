"""The rules that changes fall under, how severe each is, and what oasdiff calls it.

By default a change that harms a client that keeps to the old document is an error and any other is
for information; the table below has the exceptions, and a policy overrules both.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from apiproof.contract_diff.document.messages import BOUNDS, OTHER_KINDS, WORDS
from apiproof.errors import UserError


class ChangeSeverity(StrEnum):
    """How bad a change is for a client that keeps to the old document."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Its place in a list that begins with the most severe."""
        return list(ChangeSeverity).index(self)


IGNORE: Final = "ignore"
_FIXED: Final = [
    "servers-changed",
    "server-removed",
    "server-default-changed",
    "request-encoding-changed",
    "request-content-type-narrowed",
    "response-encoding-changed",
    "response-content-type-widened",
    "operation-added",
    "operation-removed",
    "operation-removed-after-sunset",
    "operation-deprecated",
    "operation-reactivated",
    "operation-id-changed",
    "operation-id-removed",
    "operation-sunset-removed",
    "operation-sunset-earlier",
    "operation-sunset-invalid",
    "operation-stability-decreased",
    "operation-stability-increased",
    "operation-stability-invalid",
    "callback-added",
    "callback-removed",
    "webhook-added",
    "webhook-removed",
    "request-body-added",
    "request-required-body-added",
    "request-body-removed",
    "request-body-became-required",
    "request-body-became-optional",
    "request-media-type-added",
    "request-media-type-removed",
    "request-parameter-added",
    "request-required-parameter-added",
    "request-parameter-removed",
    "request-parameter-removed-after-sunset",
    "request-parameter-became-required",
    "request-parameter-became-optional",
    "request-parameter-location-changed",
    "request-parameter-serialization-changed",
    "request-parameter-deprecated",
    "request-parameter-reactivated",
    "request-parameter-sunset-removed",
    "request-parameter-sunset-earlier",
    "request-parameter-sunset-invalid",
    "request-parameter-default-changed",
    "request-parameter-default-added",
    "request-parameter-default-removed",
    "response-status-added",
    "response-status-removed",
    "response-media-type-added",
    "response-media-type-removed",
    "response-header-added",
    "response-header-removed",
    "response-header-became-required",
    "response-header-became-optional",
    "response-header-serialization-changed",
    "response-link-added",
    "response-link-removed",
    "response-link-changed",
    "request-xml-changed",
    "response-xml-changed",
    "request-part-header-changed",
    "response-part-header-changed",
    "security-added",
    "security-removed",
    "security-alternative-added",
    "security-scheme-added",
    "security-scheme-changed",
    "security-scheme-removed",
    "security-scope-added",
    "security-scope-removed",
    "security-flow-removed",
    "security-url-changed",
]
_PREFIXES: Final = (
    "request", "response", "request-parameter", "response-header", "response-parameter",
)  # fmt: skip
_ANNOTATIONS: Final = [
    "property-deprecated",
    "property-reactivated",
    "property-sunset-removed",
    "property-sunset-earlier",
    "property-sunset-invalid",
    "property-stability-decreased",
    "property-stability-increased",
    "property-stability-invalid",
    "extensible-enum-narrowed",
    "extensible-enum-widened",
    "unused-keyword-changed",
    "content-schema-changed",
    "type-declared",
    "type-undeclared",
    "discriminator-changed",
]
_ENDINGS: Final = (("-narrowed", "-widened"), ("-tightened", "-loosened"))


def _schema_rules() -> list[str]:
    rules = [rule for words in WORDS.values() for rule in words[:2]]
    rules += [f"{kind}-{way}" for kind in BOUNDS for way in ("tightened", "loosened")]
    rules += [f"{kind}-{way}" for kind in OTHER_KINDS for way in ("narrowed", "widened")]
    rules += _ANNOTATIONS
    rules += [
        rule.removesuffix(ending) + "-changed"
        for rule in rules
        for pair in _ENDINGS
        for ending in pair
        if rule.endswith(ending)
    ]
    return [f"{prefix}-{rule}" for prefix in _PREFIXES for rule in dict.fromkeys(rules)]


RULES: Final = frozenset([*_FIXED, *_schema_rules()])
DEFAULTS: Final[Mapping[str, ChangeSeverity]] = {
    "request-parameter-default-changed": ChangeSeverity.ERROR,  # a request without it changes
    "request-parameter-default-*": ChangeSeverity.WARNING,  # so it may, where none was told
    "operation-id-*": ChangeSeverity.INFO,
    "response-link-removed": ChangeSeverity.WARNING,  # clients seldom follow them
    "response-link-changed": ChangeSeverity.WARNING,
    "server-removed": ChangeSeverity.WARNING,  # clients know theirs by configuration
    "operation-sunset-*": ChangeSeverity.ERROR,
    "re*-unused-keyword-changed": ChangeSeverity.WARNING,  # what it was meant for cannot be told
    "re*-content-schema-changed": ChangeSeverity.WARNING,
    "request-parameter-type-declared": ChangeSeverity.INFO,  # a text is what it is read as
    "response-header-type-undeclared": ChangeSeverity.INFO,
    "re*-type-declared": ChangeSeverity.WARNING,  # meant by convention, not by the letter
    "re*-type-undeclared": ChangeSeverity.WARNING,
    "re*-discriminator-changed": ChangeSeverity.WARNING,  # generated clients read by it
    "server-default-changed": ChangeSeverity.WARNING,
    "request*-one-of-overlap-possible": ChangeSeverity.WARNING,
    "response*-one-of-overlap-removed": ChangeSeverity.WARNING,  # clients seldom count variants
    "response*-one-of-overlap-gone": ChangeSeverity.INFO,
}
"""Rules, or patterns of them, whose severity is not what harm alone says."""
OASDIFF: Final[Mapping[str, str]] = {
    "api-removed-without-deprecation": "operation-removed",
    "api-path-removed-without-deprecation": "operation-removed",
    "api-removed-before-sunset": "operation-removed",
    "api-path-removed-before-sunset": "operation-removed",
    "api-removed-with-deprecation": "operation-removed-after-sunset",
    "api-path-removed-with-deprecation": "operation-removed-after-sunset",
    "endpoint-added": "operation-added",
    "endpoint-deprecated": "operation-deprecated",
    "endpoint-reactivated": "operation-reactivated",
    "api-operation-id-removed": "operation-id-removed",
    "api-operation-id-added": "operation-id-changed",
    "sunset-deleted": "operation-sunset-removed",
    "api-sunset-date-changed-too-small": "operation-sunset-earlier",
    "api-deprecated-sunset-parse": "operation-sunset-invalid",
    "api-path-sunset-parse": "operation-sunset-invalid",
    "api-stability-decreased": "operation-stability-decreased",
    "api-stability-increased": "operation-stability-increased",
    "api-invalid-stability-level": "operation-stability-invalid",
    "request-parameter-sunset-deleted": "request-parameter-sunset-removed",
    "request-parameter-sunset-date-changed-too-small": "request-parameter-sunset-earlier",
    "request-parameter-sunset-parse": "request-parameter-sunset-invalid",
    "request-parameter-x-extensible-enum-value-removed": "request-parameter-extensible-*",
    "request-property-x-extensible-enum-value-removed": "request-extensible-enum-narrowed",
    "request-property-deprecated": "request-property-deprecated",
    "request-property-reactivated": "request-property-reactivated",
    "request-property-deprecated-sunset-invalid": "request-property-sunset-invalid",
    "request-property-stability-decreased": "request-property-stability-decreased",
    "response-property-deprecated": "response-property-deprecated",
    "response-property-reactivated": "response-property-reactivated",
    "response-property-deprecated-sunset-invalid": "response-property-sunset-invalid",
    "response-property-stability-decreased": "response-property-stability-decreased",
    "webhook-removed": "webhook-removed",
    "webhook-added": "webhook-added",
    "request-body-added-required": "request-required-body-added",
    "request-body-added-optional": "request-body-added",
    "request-body-media-type-added": "request-media-type-added",
    "request-body-media-type-removed": "request-media-type-removed",
    "request-body-enum-value-removed": "request-enum-narrowed",
    "request-property-enum-value-removed": "request-enum-narrowed",
    "request-property-enum-value-added": "request-enum-widened",
    "request-body-became-enum": "request-enum-narrowed",
    "request-property-became-enum": "request-enum-narrowed",
    "request-property-became-required": "request-property-became-required",
    "request-property-became-optional": "request-property-became-optional",
    "request-property-removed": "request-property-removed",
    "new-required-request-property": "request-required-property-added",
    "new-optional-request-property": "request-property-added",
    "request-property-type-changed": "request-type-*",
    "request-body-type-changed": "request-type-*",
    "request-property-pattern-added": "request-pattern-*",
    "request-property-pattern-changed": "request-pattern-*",
    "request-property-max-length-decreased": "request-max-length-tightened",
    "request-property-min-length-increased": "request-min-length-tightened",
    "request-property-max-decreased": "request-maximum-tightened",
    "request-property-min-increased": "request-minimum-tightened",
    "request-property-one-of-removed": "request-variant-removed",
    "request-property-any-of-removed": "request-variant-removed",
    "request-body-one-of-removed": "request-variant-removed",
    "request-body-any-of-removed": "request-variant-removed",
    "request-body-wrapped-in-one-of": "request-one-of-overlap-added",
    "new-required-request-parameter": "request-required-parameter-added",
    "new-optional-request-parameter": "request-parameter-added",
    "request-parameter-enum-value-removed": "request-parameter-enum-narrowed",
    "request-parameter-enum-value-added": "request-parameter-enum-widened",
    "request-parameter-became-enum": "request-parameter-enum-narrowed",
    "request-parameter-default-value-changed": "request-parameter-default-changed",
    "request-parameter-default-value-added": "request-parameter-default-added",
    "request-parameter-default-value-removed": "request-parameter-default-removed",
    "request-parameter-max-decreased": "request-parameter-maximum-tightened",
    "request-parameter-min-increased": "request-parameter-minimum-tightened",
    "request-parameter-type-changed": "request-parameter-type-*",
    "request-parameter-pattern-added": "request-parameter-pattern-*",
    "request-parameter-pattern-changed": "request-parameter-pattern-*",
    "response-success-status-removed": "response-status-removed",
    "response-non-success-status-removed": "response-status-removed",
    "response-success-status-added": "response-status-added",
    "response-non-success-status-added": "response-status-added",
    "response-required-property-removed": "response-property-removed",
    "response-optional-property-removed": "response-property-removed",
    "response-optional-property-added": "response-property-added",
    "response-property-enum-value-added": "response-enum-widened",
    "response-property-enum-value-removed": "response-enum-narrowed",
    "response-property-became-optional": "response-property-became-optional",
    "response-property-became-required": "response-property-became-required",
    "response-property-became-nullable": "response-became-nullable",
    "response-body-became-nullable": "response-became-nullable",
    "response-property-type-changed": "response-type-*",
    "response-body-type-changed": "response-type-*",
    "response-property-one-of-added": "response-variant-added",
    "response-property-any-of-added": "response-variant-added",
    "response-body-one-of-added": "response-variant-added",
    "response-body-any-of-added": "response-variant-added",
    "required-response-header-removed": "response-header-removed",
    "optional-response-header-removed": "response-header-removed",
    "api-security-added": "security-added",
    "api-security-removed": "security-removed",
    "api-security-scope-added": "security-scope-added",
    "api-security-scope-removed": "security-scope-removed",
}
"""oasdiff's ids and the rules, or patterns of rules, that say the same here."""


@dataclass(frozen=True)
class Policy:
    """How severe each rule is; later entries win.

    Attributes:
        severities: Rules of ours or of oasdiff, or patterns with `*`, and `error`, `warning`,
            `info` or `ignore`.
    """

    severities: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse unknown rules and severities.

        Raises:
            UserError: There is one.
        """
        for name, severity in self.severities.items():
            if severity not in {*ChangeSeverity, IGNORE}:
                raise UserError(
                    f"The severity of {name} is {severity!r}; it is error, warning, info or ignore."
                )
            if name not in OASDIFF and not any(fnmatchcase(rule, name) for rule in RULES):
                near = difflib.get_close_matches(name, [*RULES, *OASDIFF], n=1)
                hint = f"; did you mean {near[0]}" if near else ""
                raise UserError(f"There is no rule {name}{hint}.")

    def severity(self, rule: str, *, harmful: bool) -> ChangeSeverity | None:
        """Return how severe a change is; None where it is to be ignored."""
        found: str = ChangeSeverity.ERROR if harmful else ChangeSeverity.INFO
        found = next((s for name, s in DEFAULTS.items() if fnmatchcase(rule, name)), found)
        for name, severity in self.severities.items():
            if fnmatchcase(rule, name) or fnmatchcase(rule, OASDIFF.get(name, name)):
                found = severity
        return None if found == IGNORE else ChangeSeverity(found)


DEFAULT_POLICY: Final = Policy()


def load_policy(path: Path | None) -> Policy:
    """Read a policy from a TOML file's table `[severities]`, or from `pyproject.toml`.

    In pyproject.toml, which is read without a path where it is there, the table is
    `[tool.apiproof.openapi-diff.severities]`.

    Raises:
        UserError: The file cannot be read, or names what is not there.
    """
    where = path or Path("pyproject.toml")
    if path is None and not where.is_file():
        return DEFAULT_POLICY
    if not where.is_file():
        raise UserError(f"There is no policy at {where}.")
    try:
        table: Any = tomllib.loads(where.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"The policy {where} cannot be read: {error}.") from None
    if where.name == "pyproject.toml":
        for word in ("tool", "apiproof", "openapi-diff"):
            table = table.get(word, {}) if isinstance(table, dict) else {}
    table = table if isinstance(table, dict) else {"openapi-diff": table}
    unknown = [word for word in table if word != "severities"]
    if unknown or (path is not None and "severities" not in table):
        wrong = f"has {', '.join(unknown)}" if unknown else "is empty"
        raise UserError(f"The policy {where} {wrong}; it wants one table, [severities].")
    severities = table.get("severities", {})
    if not isinstance(severities, dict):
        raise UserError(f"[severities] in {where} is no table of rules and severities.")
    return Policy({str(name): str(severity) for name, severity in severities.items()})
