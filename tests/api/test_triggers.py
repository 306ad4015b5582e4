import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from api.identity import pre_token_generation


def event(groups: list[str], response: Any) -> dict[str, Any]:
    return {
        "version": "2",
        "triggerSource": "TokenGeneration_Authentication",
        "userName": "ada",
        "request": {
            "userAttributes": {"sub": "1"},
            "groupConfiguration": {"groupsToOverride": groups},
        },
        "response": response,
    }


def added(answer: dict[str, Any]) -> list[str]:
    details = answer["response"]["claimsAndScopeOverrideDetails"]
    scopes: list[str] = details["accessTokenGeneration"]["scopesToAdd"]
    return scopes


def test_everyone_gets_both_scopes() -> None:
    assert added(pre_token_generation.handler(event([], {}), None)) == ["me", "randoms"]


def test_profile_only_members_get_no_randoms() -> None:
    assert added(pre_token_generation.handler(event(["staff", "profile-only"], {}), None)) == ["me"]


@pytest.mark.parametrize(
    "response",
    [
        None,
        {},
        {"claimsAndScopeOverrideDetails": None},
        {"claimsAndScopeOverrideDetails": {"accessTokenGeneration": None}},
        {"claimsAndScopeOverrideDetails": {"accessTokenGeneration": {"scopesToAdd": None}}},
    ],
)
def test_an_empty_response_may_be_null_at_any_depth(response: Any) -> None:
    assert added(pre_token_generation.handler(event([], response), None)) == ["me", "randoms"]


@pytest.mark.parametrize("request_", [None, {}, {"groupConfiguration": None}])
def test_groups_may_be_missing(request_: Any) -> None:
    answer = pre_token_generation.handler({"request": request_, "response": None}, None)
    assert added(answer) == ["me", "randoms"]


def test_what_else_the_event_holds_stays() -> None:
    token = {"claimsToSuppress": ["x"], "scopesToAdd": ["other", "me"]}
    details = {"accessTokenGeneration": token, "idTokenGeneration": {"claimsToSuppress": ["y"]}}
    answer = pre_token_generation.handler(
        event([], {"claimsAndScopeOverrideDetails": details}), None
    )
    assert added(answer) == ["other", "me", "randoms"]
    kept = answer["response"]["claimsAndScopeOverrideDetails"]
    assert kept["idTokenGeneration"] == {"claimsToSuppress": ["y"]}
    assert kept["accessTokenGeneration"]["claimsToSuppress"] == ["x"]
    assert answer["userName"] == "ada"


def test_the_file_can_be_uploaded_alone() -> None:
    tree = ast.parse(Path(pre_token_generation.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
