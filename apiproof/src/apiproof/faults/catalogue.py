"""Reading a catalogue of defects from TOML, a table per defect.

    [list-shows-everybody]
    story = "The list showed everybody's items."
    area = "ownership"
    cwe = "CWE-639"
    owasp = "API1"                          # may be left out
    operations = ["list_items"]             # likewise
    caught_by = ["ownership_enforced"]
    statements = ["ALTER TABLE ..."]        # likewise
    [[list-shows-everybody.rewrites]]       # likewise, repeatable
    module = "service.items"
    before = 'select(Item).where(Item.owner == owner)'
    after = 'select(Item)'

It must not know any service.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apiproof.errors import UserError
from apiproof.faults.injection import Alteration, Defect, Rewrite, Statement

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CWE = re.compile(r"CWE-[1-9][0-9]*")
_OWASP = re.compile(r"(API([1-9]|10))?")
_MEMBERS = {
    *("story", "area", "cwe", "owasp", "operations", "caught_by"),
    *("documented", "statements", "rewrites"),
}


class CatalogueInvalid(UserError):
    """A catalogue cannot be read, or a defect in it is not whole."""


def read_defects(*paths: Path) -> tuple[Defect, ...]:
    """Read the defects of some files, in order.

    Raises:
        CatalogueInvalid: One line says where and why.
    """
    found: dict[str, Defect] = {}
    for path in paths:
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise CatalogueInvalid(f"{path} cannot be read: {error}.") from None
        for name, values in tables.items():
            if name in found:
                raise CatalogueInvalid(f"{path}: {name} exists already; choose another id.")
            try:
                found[name] = _defect(name, values)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise CatalogueInvalid(f"{path}: {name}: {error} is missing or bad.") from None
    return tuple(found.values())


def _defect(name: str, values: Mapping[str, Any]) -> Defect:
    if unknown := sorted(values.keys() - _MEMBERS):
        raise ValueError(", ".join(unknown))
    rewrites = [Rewrite(**each) for each in values.get("rewrites", ())]
    alterations: tuple[Alteration, ...] = (*rewrites, *map(Statement, values.get("statements", ())))
    well_formed = {
        "id": _ID.fullmatch(name),
        "story": values["story"].strip() and "\n" not in values["story"],
        "cwe": _CWE.fullmatch(values["cwe"]),
        "owasp": _OWASP.fullmatch(values.get("owasp", "")),
        "caught_by": values["caught_by"],
        "rewrites": alterations,
    }
    if bad := [member for member, good in well_formed.items() if not good]:
        raise ValueError(", ".join(bad))
    return Defect(
        id=name,
        story=values["story"],
        area=values["area"],
        cwe=values["cwe"],
        owasp=values.get("owasp", ""),
        alterations=alterations,
        caught_by=tuple(values["caught_by"]),
        operations=tuple(values.get("operations", ())),
        documented=values.get("documented", True),
    )
