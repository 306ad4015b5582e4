"""Random numbers of several users, interleaved, against the model: a list of items per user."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import requests
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from apiproof.environment import Environment
from apiproof.strategies import Signup
from tests.property.api_driver import PASSWORD
from tests.property.strategies import BOUNDS, CONTRADICTORY, UPDATES
from tests.property.unsteady_environment import Effect, UnsteadyEnvironment, nothing

Item = dict[str, Any]
WHO = st.sampled_from(["ada", "eve", "grace"])
WHICH = st.integers(0, 5)
MOST_ITEMS = 8


@dataclass
class Owner:
    """A user and the items that they should have, oldest first."""

    user: Signup
    token: str = field(default="", repr=False)
    items: list[Item] = field(default_factory=list)


class RandomMachine(UnsteadyEnvironment):
    """Three users; one step is one request of one of them."""

    REACH: ClassVar[Mapping[str, float]] = {
        "PATCH /randoms 200": 0.1,
        "PATCH /randoms 404": 0.2,
        "PATCH /randoms 409": 0.1,
        "DELETE /randoms 204": 0.05,
        "DELETE /randoms 404": 0.1,
    }

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.owners = {
            name: Owner(Signup(name, f"{name}@example.com", PASSWORD))
            for name in ("ada", "eve", "grace")
        }
        self.gone: list[int] = []
        self.turn = 0
        self.leaves = 2

    @initialize(count=st.integers(0, 3))
    def settle(self, count: int) -> None:
        for name, owner in self.owners.items():
            owner.token = self.driver.settle(owner.user)["access_token"]
            for _ in range(count):
                self.create(name, (1, 6))

    def request(self, call: Callable[[], requests.Response], outcomes: dict[int, Effect]) -> None:
        """Do one thing that must not care how Cognito is: tokens are verified offline."""
        planned = [outage.triggered for outage in self.env.cognito.outages.planned]
        self.act(call, outcomes)
        assert planned == [outage.triggered for outage in self.env.cognito.outages.planned]

    @precondition(lambda self: min(len(owner.items) for owner in self.owners.values()) < MOST_ITEMS)
    @rule(who=WHO, bounds=BOUNDS)
    def create(self, who: str, bounds: tuple[int, int]) -> None:
        owner = self.owners[who]
        self.request(
            lambda: self.driver.draw_random(owner.token, *bounds),
            {201: lambda answer: owner.items.append(answer.json())},
        )

    @rule(who=WHO, which=WHICH, update=UPDATES)
    def update(self, who: str, which: int, update: dict[str, int]) -> None:
        owner = self.owners[who]
        item = self.pick(owner, which)
        wanted = {**item, **update}
        due = 200 if wanted["min_value"] <= wanted["max_value"] else CONTRADICTORY

        def changed(answer: requests.Response) -> None:
            after = answer.json()
            stays = wanted["min_value"] <= item["num"] <= wanted["max_value"]
            assert after["num"] == item["num"] or not stays
            assert wanted == {**after, "num": item["num"], "updated_at": item["updated_at"]}
            owner.items[owner.items.index(item)] = after

        if item in owner.items:
            outcomes: dict[int, Effect] = {due: changed if due == 200 else nothing}
        else:
            outcomes = {404: nothing}
        self.request(lambda: self.driver.random("PATCH", owner.token, item["id"], update), outcomes)

    @rule(who=WHO, which=WHICH, bounds=BOUNDS)
    def widen_own(self, who: str, which: int, bounds: tuple[int, int]) -> None:
        for place, low, high in self.own(who, which):
            wider = {"min_value": min(low, bounds[0]), "max_value": max(high, bounds[1])}
            self.update(who, place, wider)

    @rule(who=WHO, which=WHICH)
    def contradict_own(self, who: str, which: int) -> None:
        for place, low, high in self.own(who, which):
            self.update(who, place, {"min_value": high, "max_value": low})

    def own(self, who: str, which: int) -> list[tuple[int, int, int]]:
        """Choose one of somebody's items, if there is one: its place and its bounds."""
        items = self.owners[who].items
        chosen = [which % len(items)] if items else []
        return [(it, items[it]["min_value"], items[it]["max_value"]) for it in chosen]

    @rule(who=WHO, which=WHICH)
    def delete(self, who: str, which: int) -> None:
        owner = self.owners[who]
        item = self.pick(owner, which)

        def gone(_: requests.Response) -> None:
            owner.items.remove(item)
            self.gone.append(item["id"])

        self.request(
            lambda: self.driver.random("DELETE", owner.token, item["id"]),
            {204: gone} if item in owner.items else {404: nothing},
        )

    @rule(who=WHO, other=WHO, which=WHICH, method=st.sampled_from(["GET", "PATCH", "DELETE"]))
    def reach_for_anothers(self, who: str, other: str, which: int, method: str) -> None:
        owner = self.owners[who]
        item = self.pick(self.owners[other], which)
        if item in owner.items:
            return
        body = {"min_value": 0} if method == "PATCH" else None
        self.request(
            lambda: self.driver.random(method, owner.token, item["id"], body), {404: nothing}
        )

    @rule(who=WHO, offset=st.integers(0, 9), limit=st.integers(1, 9))
    def list_page(self, who: str, offset: int, limit: int) -> None:
        owner = self.owners[who]

        def shown(answer: requests.Response) -> None:
            assert answer.json() == owner.items[offset : offset + limit]

        self.request(lambda: self.driver.randoms(owner.token, offset, limit), {200: shown})

    @precondition(lambda self: self.leaves and not self.database_is_away)
    @rule(who=WHO)
    def leave_and_come_back(self, who: str) -> None:
        """Delete the account and open another of the same name: nothing is left of the first."""
        self.leaves -= 1
        self.mend()
        owner = self.owners[who]
        assert self.driver.delete_me(owner.token).status_code == 204
        assert self.driver.randoms(owner.token).status_code == 401
        self.gone += [item["id"] for item in owner.items]
        owner.items, owner.token = [], self.driver.settle(owner.user)["access_token"]

    @invariant()
    def everyone_sees_their_own_items_and_no_others(self) -> None:
        """Look through the eyes of one user after each step, in turn."""
        owner = list(self.owners.values())[self.turn % len(self.owners)]
        if owner.token and not self.database_is_away:
            self.turn += 1
            self.look(owner)

    def heal(self) -> None:
        """In the end look through everyone's."""
        for owner in self.owners.values():
            self.look(owner)

    def look(self, owner: Owner) -> None:
        assert self.driver.randoms(owner.token).json() == owner.items
        for item in owner.items:
            assert item["min_value"] <= item["num"] <= item["max_value"]
            assert item["id"] not in self.gone

    @staticmethod
    def pick(owner: Owner, which: int) -> Item:
        """Choose an item, or one that there never was."""
        never = {"id": 10_000 + which, "min_value": 0, "max_value": 0, "num": 0, "updated_at": ""}
        return [*owner.items, never][which % (len(owner.items) + 1)]
