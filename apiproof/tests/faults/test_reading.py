"""Reading a catalogue: what is not whole is one line that says where and why."""

from pathlib import Path

import pytest

from apiproof.faults.catalogue import CatalogueInvalid, read_defects

WHOLE = """
[list-shows-everybody]
story = "The list showed everybody's items."
area = "ownership"
cwe = "CWE-639"
owasp = "API1"
operations = ["list_items"]
caught_by = ["ownership_enforced"]
statements = ["DROP INDEX owners"]
[[list-shows-everybody.rewrites]]
module = "service.items"
before = 'where(Item.owner == owner)'
after = ''
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "catalogue.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_defect_is_read(tmp_path: Path) -> None:
    (defect,) = read_defects(written(tmp_path, WHOLE))
    assert (defect.id, defect.area, defect.cwe) == ("list-shows-everybody", "ownership", "CWE-639")
    assert [rewrite.module for rewrite in defect.rewrites] == ["service.items"]
    assert [statement.sql for statement in defect.statements] == ["DROP INDEX owners"]
    assert defect.documented


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("list-shows-everybody", "List_Shows"), "id"),
        (("CWE-639", "639"), "cwe"),
        (("API1", "A01"), "owasp"),
        (('["ownership_enforced"]', "[]"), "caught_by"),
        (('area = "ownership"\n', ""), "area"),
        (("owasp =", "owasps ="), "owasps"),
        (("before =", "befor ="), "befor"),
        (("story =", "story"), "cannot be read"),
    ],
)
def test_what_is_missing_or_bad_is_named(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    path = written(tmp_path, WHOLE.replace(*change))
    with pytest.raises(CatalogueInvalid, match=told) as refused:
        read_defects(path)
    assert "\n" not in str(refused.value).strip()


def test_a_defect_without_a_plant_is_refused(tmp_path: Path) -> None:
    text = WHOLE.partition("statements")[0]
    with pytest.raises(CatalogueInvalid, match="rewrites"):
        read_defects(written(tmp_path, text))


def test_an_id_is_used_once(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    with pytest.raises(CatalogueInvalid, match="exists already"):
        read_defects(path, path)
