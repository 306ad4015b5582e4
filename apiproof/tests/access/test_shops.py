"""Shops of two tenants: ids only in `/me`, jobs, uploads, soft deletes, filters, roles."""

from typing import Any

import pytest

from apiproof.access import AccessReport, credentials
from tests.access.strangers import assert_found, identities, probed
from tests.apps import shops
from tests.apps.members import PASSWORD

TENANTS = {"ada": "acme", "grace": "acme", "root": "acme"}


def _probed(flaw: str = "", **options: Any) -> tuple[AccessReport, shops.Store]:
    store = shops.Store()
    for name in TENANTS:
        store.members.add(name, role="admin" if name == "root" else "member")
    tenants = {**TENANTS, "grace": "globex"} if flaw == "tenant-believed" else TENANTS
    store.tenants.update(tenants)
    headers = {name: {"X-Tenant": tenant} for name, tenant in tenants.items()}
    document = identities(tuple(tenants), headers=headers)
    return probed(shops.create_shops(flaw, store), document, **options), store


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


def test_the_right_shops_have_no_finding() -> None:
    report, store = _probed()
    assert not report.interrupted
    assert [finding.line for finding in report.findings] == []
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert {
        "read_order",
        "customer_orders",
        "change_settings",
        "read_file",
        "read_image",
    } <= entered
    for name in TENANTS:
        assert store.members.people[name].password == PASSWORD
        assert store.members.people[name].role == ("admin" if name == "root" else "member")


@pytest.mark.parametrize("flaw", shops.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    expected = shops.FLAWS[flaw]
    report, _ = _probed(flaw, checks=(expected.partition("/")[0],))
    assert_found(report, expected)
