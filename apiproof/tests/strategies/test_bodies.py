"""Hostile bodies: each fault can be drawn, and is what it says."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiproof.strategies import Fault, HostileBody, hostile_bodies, possible_faults
from tests.strategies.search import drawn

GOOD = {"name": "ada", "age": 7}


def _parsed(body: HostileBody) -> object:
    return json.loads(body.data)


def _is_unreadable(body: HostileBody) -> bool:
    try:
        json.loads(body.data)
    except (ValueError, RecursionError):
        return True
    return False


TELLTALE: dict[Fault, Callable[[HostileBody], bool]] = {
    Fault.NUL: lambda body: b"\\u0000" in body.data,
    Fault.SURROGATE: lambda body: b"\\ud8" in body.data or b"\\ud" in body.data,
    Fault.WRONG_TYPE: lambda body: _same_keys(body) and _parsed(body) != GOOD,
    Fault.MISSING: lambda body: body.key not in dict(_parsed(body)),  # type: ignore[call-overload]
    Fault.EXTRA: lambda body: len(dict(_parsed(body))) == 3,  # type: ignore[call-overload]
    Fault.HUGE: lambda body: len(body.data) > 100_000,
    Fault.DUPLICATE_KEYS: lambda body: body.data.count(json.dumps(body.key).encode() + b":") == 2,
    Fault.DEEP: lambda body: max(body.data.count(b"["), body.data.count(b"{")) >= 100,
    Fault.WRONG_CONTENT_TYPE: lambda body: "json" not in body.headers["Content-Type"],
    Fault.BROKEN_UTF8: lambda body: body.data.decode(errors="replace").count("\ufffd") > 0,
    Fault.NOT_JSON: _is_unreadable,
    Fault.NOT_AN_OBJECT: lambda body: not isinstance(_parsed(body), dict),
}


def _same_keys(body: HostileBody) -> bool:
    return set(dict(_parsed(body))) == set(GOOD)  # type: ignore[call-overload]


def test_every_fault_has_its_telltale() -> None:
    assert set(TELLTALE) == set(Fault)


@pytest.mark.parametrize("fault", Fault)
@given(data=st.data())
def test_a_body_has_the_fault_that_it_names(fault: Fault, data: st.DataObject) -> None:
    body = data.draw(hostile_bodies(GOOD, fault))
    assert body.fault is fault
    assert TELLTALE[fault](body), body


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_drawn_unasked(fault: Fault) -> None:
    assert drawn(hostile_bodies(GOOD), lambda body: body.fault is fault).fault is fault


@given(hostile_bodies(GOOD))
def test_no_body_is_the_good_one(body: HostileBody) -> None:
    good = json.dumps(GOOD).encode()
    assert body.data != good or body.headers["Content-Type"] != "application/json"


def test_faults_of_texts_need_a_text() -> None:
    assert set(possible_faults(GOOD)) == set(Fault)
    without = set(Fault) - {Fault.NUL, Fault.SURROGATE, Fault.BROKEN_UTF8}
    assert set(possible_faults({"age": 7})) == without


@given(hostile_bodies({"age": 7}))
def test_a_body_without_texts_will_do(body: HostileBody) -> None:
    assert body.fault in possible_faults({"age": 7})


@given(hostile_bodies({"only": "text"}))
def test_a_body_of_one_member_will_do(body: HostileBody) -> None:
    assert body.fault in Fault
