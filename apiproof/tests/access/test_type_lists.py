"""Documents of OpenAPI 3.1 may give a member a list of types, as Litestar does: all goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from tests.access.strangers import assert_found, probed
from tests.apps import labels, wallets
from tests.apps.garages import create_garages

RIGHT: dict[str, Callable[[], FastAPI]] = {
    "labels": lambda: labels.create_labels(has_sign_up=True),
    "garages": lambda: create_garages(fetches_anything=False),
    "wallets": wallets.create_wallets,
}


def with_lists(node: Any) -> Any:
    """Return a document whose texts and numbers may be null, each said by a list of types."""
    if isinstance(node, list):
        return [with_lists(each) for each in node]
    if not isinstance(node, dict):
        return node
    found = {name: with_lists(each) for name, each in node.items()}
    if found.get("type") in ("string", "integer") and "in" not in found:
        found["type"] = [found["type"], "null"]
    return found


def _in_lists(app: FastAPI) -> FastAPI:
    document = with_lists(app.openapi())
    assert "'null'" in str(document)
    app.openapi = lambda: document  # type: ignore[method-assign]
    return app


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_service_is_tried_to_the_end(name: str) -> None:
    report = probed(_in_lists(RIGHT[name]()))
    assert not report.interrupted
    assert [one.line for one in report.findings] == []


def test_a_url_that_may_be_null_is_fetched_all_the_same() -> None:
    report = probed(_in_lists(create_garages(fetches_anything=True)))
    assert any("fetch" in one.text for one in report.findings), report.findings


@pytest.mark.parametrize("flaw", labels.FLAWS)
def test_ids_in_texts_that_may_be_null_are_tried(flaw: str) -> None:
    app = _in_lists(labels.create_labels(flaw, has_sign_up=True))
    assert_found(probed(app, checks=("ownership_enforced",)), labels.FLAWS[flaw])
