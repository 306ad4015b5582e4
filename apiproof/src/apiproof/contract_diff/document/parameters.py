"""Parameters: which were removed, moved, demanded or narrowed, and how they are written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from apiproof.contract_diff.document.branches import Conjunction, SchemaSite
from apiproof.contract_diff.document.changes import DocumentComparison, Place, Subject
from apiproof.contract_diff.document.messages import shown
from apiproof.contract_diff.document.sunset import SUNSET, has_ended, sunset_change
from apiproof.openapi.operations import IGNORED_HEADERS, Operation, Parameter, schema_of
from apiproof.openapi.references import Located, join_pointer

COMPOUND = ("array", "object")
"""What is written in several parts; in the style `simple`, a list is written one way alone."""
Key = tuple[str, str]


def site_of(part: Located) -> Conjunction:
    """Return the schema of a parameter or header, as it is compared; nothing if it has none."""
    schema = schema_of(part)
    return () if schema.node is None else (SchemaSite(schema.pointer, schema.node),)


def parameters_of(operation: Operation) -> dict[Key, Parameter]:
    """Return an operation's parameters; path ones are known by their position in the template."""
    found = {}
    for parameter in operation.parameters:
        name = parameter.name
        if parameter.location == "header":
            name = name.lower()
        if parameter.location == "path" and name in operation.path_parameters:
            name = str(operation.path_parameters.index(name))
        if not (parameter.location == "header" and name in IGNORED_HEADERS):
            found[parameter.location, name] = parameter
    return found


def compare_parameters(
    comparison: DocumentComparison, subject: Subject, old: Operation, new: Operation
) -> None:
    """Compare the parameters of one operation in both documents."""
    before, after = parameters_of(old), parameters_of(new)
    moved = set()
    for key, parameter in before.items():
        here = _subject(subject, parameter)
        if key in after:
            _compare(comparison, here, parameter, after[key])
        elif (elsewhere := _elsewhere(parameter, after, before)) is not None:
            moved.add(elsewhere)
            other = after[elsewhere]
            comparison.add(
                here, "request-parameter-location-changed",
                f"The {here.name} moved to the {other.location}.",
                old=join_pointer(parameter.part.pointer, "in"),
                new=join_pointer(other.part.pointer, "in"), breaking=True,
            )  # fmt: skip
        elif parameter.location != "path":
            _removed(comparison, here, parameter, new)
    for key, parameter in after.items():
        if key not in before and key not in moved:
            _added(comparison, _subject(subject, parameter), parameter, old, new)


def _subject(subject: Subject, parameter: Parameter) -> Subject:
    place = Place("parameter", f"{parameter.location}:{parameter.name}")
    name = f"{parameter.location} parameter `{parameter.name}`"
    return replace(subject, place=place, name=name, text=True)


def _elsewhere(
    parameter: Parameter, after: Mapping[Key, Parameter], before: Mapping[Key, Parameter]
) -> Key | None:
    for key, other in after.items():
        same_name = other.name.lower() == parameter.name.lower()
        if key not in before and same_name and other.location != parameter.location:
            return key
    return None


def _removed(
    comparison: DocumentComparison, subject: Subject, parameter: Parameter, new: Operation
) -> None:
    ended = has_ended(parameter.part.node)
    comparison.add(
        subject, f"request-parameter-removed{'-after-sunset' if ended else ''}",
        f"The {subject.name} was removed{' after its sunset' if ended else ''}.",
        old=parameter.part.pointer, new=new.part.pointer, breaking=not ended,
    )  # fmt: skip


def _added(
    comparison: DocumentComparison,
    subject: Subject,
    parameter: Parameter,
    old: Operation,
    new: Operation,
) -> None:
    if parameter.location == "path" and parameter.name in new.path_parameters:
        _declared(comparison, subject, parameter, old)
        return
    need = "required " if parameter.is_required else ""
    comparison.add(
        subject, f"request-{need.replace(' ', '-')}parameter-added",
        f"A {need}{subject.name} was added.",
        old=old.part.pointer, new=parameter.part.pointer, breaking=parameter.is_required,
    )  # fmt: skip


def _declared(
    comparison: DocumentComparison, subject: Subject, parameter: Parameter, old: Operation
) -> None:
    """Compare a parameter of the path that the old document used and did not declare."""
    undeclared = SchemaSite(old.part.pointer, {"type": "string"}, "a parameter of the path")
    named = replace(subject, name=f"The {subject.name}")
    comparison.schemas(named, (undeclared,), site_of(parameter.part))


def _compare(
    comparison: DocumentComparison, subject: Subject, old: Parameter, new: Parameter
) -> None:
    if old.is_required is not new.is_required:
        fact = "required" if new.is_required else "optional"
        at, there = (_keyword(parameter, "required") for parameter in (old, new))
        comparison.add(
            subject, f"request-parameter-became-{fact}", f"The {subject.name} is now {fact}.",
            old=at, new=there, breaking=new.is_required,
        )  # fmt: skip
    if (old.media_type or "").lower() != (new.media_type or "").lower():
        _rewritten(comparison, subject, old, new)
    text = not old.media_type and not new.media_type
    named = replace(subject, text=text, name=f"The {subject.name}")
    comparison.schemas(named, site_of(old.part), site_of(new.part))
    _serialization(comparison, subject, old, new)
    _annotations(comparison, subject, old, new)


def _keyword(parameter: Parameter, word: str) -> str:
    at = parameter.part.pointer
    return join_pointer(at, word) if word in parameter.part.node else at


def is_compound(
    comparison: DocumentComparison,
    old: Conjunction,
    new: Conjunction,
    types: Collection[str],
) -> bool:
    """Return whether both schemas admit what is written in several parts."""
    return all(
        any(branch.type in types for branch in comparison.reader(old=was, inbound=True).branches(s))
        for was, s in ((True, old), (False, new))
    )


def _serialization(
    comparison: DocumentComparison, subject: Subject, old: Parameter, new: Parameter
) -> None:
    parted = ("object",) if (old.style, new.style) == ("simple", "simple") else COMPOUND
    compound = is_compound(comparison, site_of(old.part), site_of(new.part), parted)
    prefixed = {old.style, new.style} & {"matrix", "label"}
    written = (old.style, old.explodes), (new.style, new.explodes)
    if written[0] != written[1] and (compound or (prefixed and old.style != new.style)):
        _rewritten(comparison, subject, old, new)
    elif _is_parted(comparison, old, new):
        comparison.add(
            subject, "request-parameter-serialization-changed",
            f"The {subject.name} is now a list: what is sent as one value is read apart at commas.",
            old=old.part.pointer, new=new.part.pointer, breaking=True,
        )  # fmt: skip
    for word in ("allowReserved", "allowEmptyValue"):
        if old.part.node.get(word) is True and new.part.node.get(word) is not True:
            _rewritten(comparison, subject, old, new)


def _is_parted(comparison: DocumentComparison, old: Parameter, new: Parameter) -> bool:
    """Whether a text that may hold a delimiter is now read as a list which it parts."""
    exploded = new.style == "form" and new.explodes
    if exploded or old.media_type or new.media_type:
        return False
    before = comparison.reader(old=True, inbound=True).branches(site_of(old.part))
    after = comparison.reader(old=False, inbound=True).branches(site_of(new.part))
    text = any(branch.type == "string" and branch.values is None for branch in before)
    lists = [{branch.type for branch in branches} for branches in (before, after)]
    return text and "array" not in lists[0] and lists[1] <= {"array", "null"}


def _rewritten(
    comparison: DocumentComparison, subject: Subject, old: Parameter, new: Parameter
) -> None:
    words = ("style", "explode", "content", "allowReserved", "allowEmptyValue")
    changed = [w for w in words if old.part.node.get(w) != new.part.node.get(w)]
    at, there = (
        next(
            (_keyword(each, word) for word in changed if word in each.part.node), each.part.pointer
        )
        for each in (old, new)
    )
    comparison.add(
        subject, "request-parameter-serialization-changed",
        f"The {subject.name} is now written another way ({', '.join(changed)}).",
        old=at, new=there, breaking=True,
    )  # fmt: skip


def _annotations(
    comparison: DocumentComparison, subject: Subject, old: Parameter, new: Parameter
) -> None:
    was, is_now = (each.part.node.get("deprecated") is True for each in (old, new))
    if was is not is_now:
        word = "deprecated" if is_now else "reactivated"
        comparison.add(
            subject, f"request-parameter-{word}",
            f"The {subject.name} is {'now' if is_now else 'no longer'} deprecated.",
            old=_keyword(old, "deprecated"), new=_keyword(new, "deprecated"), breaking=False,
        )  # fmt: skip
    ends, ended = (each.part.node.get(SUNSET) for each in (old, new))
    word, fact = sunset_change(ends, ended) if is_now else ("", "")
    if word:
        comparison.add(
            subject, f"request-parameter-sunset-{word}", f"The {subject.name} {fact}.",
            old=_keyword(old, SUNSET), new=_keyword(new, SUNSET), breaking=True,
        )  # fmt: skip
    before = comparison.reader(old=True, inbound=True).find(site_of(old.part), "default")
    after = comparison.reader(old=False, inbound=True).find(site_of(new.part), "default")
    if (before and before.value) == (after and after.value):
        return
    word = "changed" if before and after else "added" if after else "removed"
    values = (shown(each.value) if each else "none" for each in (before, after))
    comparison.add(
        subject, f"request-parameter-default-{word}",
        "The default of the {} changed from {} to {}.".format(subject.name, *values),
        old=before.pointer if before else old.part.pointer,
        new=after.pointer if after else new.part.pointer, breaking=False,
    )  # fmt: skip
