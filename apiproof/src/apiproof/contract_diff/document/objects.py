"""Objects: why the values of one branch are not all admitted by another.

Two conventions of APIs soften the logic: an object that says nothing of a name does not promise to
accept anything under it, and a property that was declared and no longer is, is lost even where
objects are open.
"""

from __future__ import annotations

from collections.abc import Iterator

from apiproof.contract_diff.document.branch import Branch, Site
from apiproof.contract_diff.document.escape import Escape, Judge, hard, under
from apiproof.contract_diff.document.scalars import size_escapes
from apiproof.contract_diff.document.values import admits, declares, others_of, property_of


def object_escapes(judge: Judge, sub: Branch, sup: Branch) -> Iterator[Escape]:
    """Compare properties by name, then the rest, sizes and dependencies."""
    told = set()
    names = [name for shape in sub.shapes + sup.shapes for name in shape.properties]
    for name in dict.fromkeys(names):
        for escape in _property(judge, sub, sup, name):
            yield escape
            if escape.path == (name,) and escape.kind.startswith("property-"):
                told.add(name)
    old = sub if judge.forward else sup
    for name, pointer in sup.required.items():
        if name not in sub.required and name not in told:
            kind = "required" if declares(old, name) else "required-new"
            yield Escape(kind, _place(sub, name), pointer, (name,))
    yield from _others(judge, sub, sup)
    yield from _patterns(judge, sub, sup)
    closed = bool(others_of(sub)) and not judge.sub.branches(others_of(sub))
    most = len(set(names)) if closed and not any(s.patterns for s in sub.shapes) else None
    yield from size_escapes(sub, sup, least_of=len(sub.required), most_of=most)
    yield from _names(judge, sub, sup)
    yield from _dependencies(judge, sub, sup)


def _place(branch: Branch, name: str) -> str:
    """Return the pointer of a property where it is declared, else of the object."""
    for shape in branch.shapes:
        site = shape.properties.get(name) or shape.hidden.get(name)
        if site is not None:
            return site.pointer
    return branch.shapes[0].pointer if branch.shapes else branch.pointer


def _property(judge: Judge, sub: Branch, sup: Branch, name: str) -> Iterator[Escape]:
    one, other = property_of(sub, name), property_of(sup, name)
    possible = bool(judge.sub.branches(one)), bool(judge.sup.branches(other))
    known = declares(sub, name) and possible[0], declares(sup, name) and possible[1]
    was, stays = known if judge.forward else known[::-1]
    later = (sup if judge.forward else sub), (other if judge.forward else one)
    if judge.losing and was and not stays and not (later[1] and all(possible)):
        hidden = any(name in shape.hidden for shape in later[0].shapes)
        kind = "property-hidden" if hidden else "property-removed"
        yield Escape(kind, _place(sub, name), _place(sup, name), (name,))
    elif not judge.losing and stays and not was:
        yield Escape("property-added", _place(sub, name), _place(sup, name), (name,))
    elif possible[0] and not possible[1]:
        if known[0]:
            yield Escape("property-unknown", _place(sub, name), _place(sup, name), (name,))
    elif one or known[0]:
        yield from under(name, judge.escapes(one, other))


def _others(judge: Judge, sub: Branch, sup: Branch) -> Iterator[Escape]:
    one, other = others_of(sub), others_of(sup)
    if not other or (one and not judge.sub.branches(one)):
        return
    found = judge.escapes(one, other)
    if one and judge.sup.branches(other):
        yield from under("*", found)
    elif hard(found):
        at = next((shape.pointer for shape in sub.shapes), sub.pointer)
        yield Escape("additional-properties", at, other[0].pointer, ("*",))


def _patterns(judge: Judge, sub: Branch, sup: Branch) -> Iterator[Escape]:
    rules = [rule for shape in sup.shapes for rule in shape.patterns.items()]
    for text, site in rules:
        own = tuple(shape.patterns[text] for shape in sub.shapes if text in shape.patterns)
        found = judge.escapes(own or others_of(sub), (site,))
        if own:
            yield from under("*", found)
        elif hard(found):
            yield Escape("pattern-properties", sub.pointer, site.pointer, ("*",))


def _names(judge: Judge, sub: Branch, sup: Branch) -> Iterator[Escape]:
    others = others_of(sub)
    closed = bool(others) and not judge.sub.branches(others)
    listed = [name for shape in sub.shapes for name in shape.properties]
    own = tuple(mark.value for mark in sub.get("names"))
    for mark in sup.get("names"):
        site: Site = mark.value
        if closed and all(admits(judge.sup, (site,), name) for name in listed):
            continue
        if hard(judge.escapes(own or (Site("", {"type": "string"}, "any name"),), (site,))):
            yield Escape("property-names", sub.pointer, mark.pointer)


def _dependencies(judge: Judge, sub: Branch, sup: Branch) -> Iterator[Escape]:
    own = {mark.value for mark in sub.get("dependent")}
    for mark in sup.get("dependent"):
        name, need = mark.value
        possible = bool(judge.sub.branches(property_of(sub, name)))
        if mark.value not in own and need not in sub.required and possible:
            yield Escape("dependent-required", sub.pointer, mark.pointer, (name,))
