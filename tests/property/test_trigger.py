"""The trigger that puts scopes into tokens: it adds, and takes nothing away."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.strategies.reach import premise

Event = dict[str, Any]
SCOPES = {"me", "randoms"}
NAMES = st.sampled_from(["me", "randoms", "profile-only", "staff", "other/read"])
LISTS = (
    st.lists(NAMES, min_size=1, max_size=4, unique=True)
    | st.sampled_from([["profile-only"], ["staff", "profile-only"], []])
    | st.none()
)
# What other triggers of the pool may have put there.
OTHERS = {"idTokenGeneration": st.just({"claimsToSuppress": ["email"]}), "x": st.integers()}


def _some(members: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Null, as Cognito sends it, or an object with all or any of the members."""
    some = st.fixed_dictionaries({}, optional=members)
    return st.fixed_dictionaries(members) | some | st.none()


_GENERATION = _some({"scopesToAdd": LISTS, "claimsToSuppress": st.just(["jti"])})
_OVERRIDE = _some({"accessTokenGeneration": _GENERATION, **OTHERS})
_RESPONSE = _some({"claimsAndScopeOverrideDetails": _OVERRIDE, "x": st.integers()})
_REQUEST = _some({"groupConfiguration": _some({"groupsToOverride": LISTS}), "x": st.integers()})
_PARTS = {"request": _REQUEST, "response": _RESPONSE}
_VERSION = {"version": st.just("2")}
EVENTS = st.fixed_dictionaries(_VERSION | _PARTS) | st.fixed_dictionaries(_VERSION, optional=_PARTS)


def _below(event: Event, *path: str) -> Any:
    """Follow members, where null and absence are the same."""
    found: Any = event
    for name in path:
        found = (found or {}).get(name)
    return found


_WAY = ("response", "claimsAndScopeOverrideDetails", "accessTokenGeneration")


@given(event=EVENTS)
def test_the_trigger_adds_scopes_and_keeps_all_else(env: Environment, event: Event) -> None:
    """Planted: what the event's response held before thrown away; groups not looked at."""
    trigger = env.service.trigger
    assert trigger is not None
    answer = trigger(copy.deepcopy(event), None)
    given_before = _below(event, *_WAY, "scopesToAdd") or []
    groups = _below(event, "request", "groupConfiguration", "groupsToOverride") or []
    scopes = _below(answer, *_WAY, "scopesToAdd")
    premise("another trigger has added scopes", given_before, share=0.05)
    premise("the group takes a scope away", "profile-only" in groups, share=0.05)
    assert len(scopes) == len(set(scopes))
    granted = SCOPES - ({"randoms"} if "profile-only" in groups else set())
    assert set(scopes) == granted | set(given_before)
    assert answer.get("request") == event.get("request")
    for depth in range(len(_WAY) + 1):
        before, after = _below(event, *_WAY[:depth]) or {}, _below(answer, *_WAY[:depth])
        kept = {name: value for name, value in before.items() if name not in {*_WAY, "scopesToAdd"}}
        assert {name: after[name] for name in kept} == kept


@pytest.mark.parametrize("response", [None, {"x": 1}])
def test_the_trigger_says_the_same_of_an_event_that_it_has_seen(
    env: Environment, response: Event | None
) -> None:
    trigger = env.service.trigger
    assert trigger is not None
    once = trigger({"version": "2", "response": response}, None)
    assert trigger(copy.deepcopy(once), None) == once


@pytest.mark.parametrize(
    "group", ["profile-only-staff", "not-profile-only", "Profile-Only", "profile"]
)
def test_a_group_whose_name_is_only_alike_takes_no_scope_away(env: Environment, group: str) -> None:
    assert env.service.trigger is not None
    request = {"groupConfiguration": {"groupsToOverride": ["staff", group]}}
    answer = env.service.trigger({"version": "2", "request": request}, None)
    assert set(_below(answer, *_WAY, "scopesToAdd")) == SCOPES
