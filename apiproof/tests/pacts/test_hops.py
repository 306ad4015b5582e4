"""How many files of the kit one interaction enters, from the pact's text to the result."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import cast

import pytest

import apiproof
from apiproof.environment import Environment
from apiproof.pacts.verify.loading import Filter, LoadedPacts, select
from apiproof.pacts.verify.provider_states import EnvironmentStates
from apiproof.pacts.verify.session import VerificationSession, verify_selected
from tests.pacts.pacts import BEARER, body, interaction, pact
from tests.pacts.shop import NAME, STATES, Shop

KIT = str(Path(apiproof.__file__).parent)
MOST = 20


@contextmanager
def files_entered() -> Iterator[set[str]]:
    """The files of the kit whose functions are called, in any thread that starts meanwhile."""
    found: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(KIT):
            found.add(path.removeprefix(KIT))

    before = sys.getprofile()
    profile = cast("Callable[..., object]", note)
    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        yield found
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


@pytest.mark.parametrize(("expected", "code"), [([], 0), ([1], 1)])
def test_from_a_pact_to_a_result(expected: list[int], code: int) -> None:
    shop = Shop()
    states = EnvironmentStates(cast("Environment", shop), STATES)
    request = {"headers": BEARER}
    asked = interaction(
        "list", "/orders", "a customer exists", request=request, response=body(expected)
    )
    loaded = LoadedPacts()
    with files_entered() as found:
        loaded.add_document(pact(asked), "pact.json")
        selected, _ = select(loaded.found, Filter(), NAME, STATES)
        with VerificationSession.open(shop.app, states, "http://127.0.0.1:8000") as session:
            verification = verify_selected(selected, session, NAME)
    assert verification.exit_code == code
    assert "/pacts/verify/recording_proxy.py" in found  # the server's thread is seen, too
    assert len(found) <= MOST, sorted(found)
