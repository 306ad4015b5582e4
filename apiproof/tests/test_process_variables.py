"""Environment variables that are borrowed come back as they were, in whatever order."""

import os

import pytest

from apiproof import process_variables


def test_the_last_borrower_wins_and_all_is_as_before_in_any_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APIPROOF_TEST_A", "before")
    monkeypatch.delenv("APIPROOF_TEST_B", raising=False)
    first: process_variables.Changes = {"APIPROOF_TEST_A": "1", "APIPROOF_TEST_B": "1"}
    second: process_variables.Changes = {"APIPROOF_TEST_A": None}
    process_variables.borrow(first)
    process_variables.borrow(second)
    assert "APIPROOF_TEST_A" not in os.environ
    process_variables.give_back(first)
    assert "APIPROOF_TEST_A" not in os.environ
    assert "APIPROOF_TEST_B" not in os.environ
    process_variables.give_back(second)
    assert os.environ["APIPROOF_TEST_A"] == "before"


@pytest.mark.parametrize(
    "name",
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_PROFILE", "HTTP_PROXY",
     "https_proxy", "ALL_PROXY"],
)  # fmt: skip
def test_what_leads_astray_is_taken_away(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://192.0.2.1:1")
    monkeypatch.setenv("AWS_USER_POOL_ID", "mine")
    with process_variables.changed(process_variables.isolation()):
        assert name not in os.environ
        assert os.environ["AWS_USER_POOL_ID"] == "mine"  # an application's own
        assert os.environ["AWS_ACCESS_KEY_ID"] == "apiproof"
    assert os.environ[name] == "http://192.0.2.1:1"
