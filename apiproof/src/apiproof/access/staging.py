"""The stage: sets scenes, each made anew through the API itself, for one round of a probe.

It must not know what is tried on a scene.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apiproof.access.contents import Contents, Recipe, object_body
from apiproof.access.creators import Creator, Creators, created_id, prefix_of
from apiproof.access.endings import ends
from apiproof.access.exchange import Caller, Request
from apiproof.access.gates import Alternative, Gatehouse
from apiproof.access.identities import Identities, Person
from apiproof.access.scene import Errand, Made, Scene, Unexercised, shared_values
from apiproof.jwt import Ending, NotMade, Presented
from apiproof.openapi.document import Operation


class Stage:
    """Sets scenes for the operations of one document."""

    def __init__(
        self, gatehouse: Gatehouse, identities: Identities, caller: Caller, contents: Contents
    ) -> None:
        self.gatehouse = gatehouse
        self.identities = identities
        self.caller = caller
        self.contents = contents
        self.creators = Creators(gatehouse.operations)
        self._recipes: dict[str, Recipe] = {}
        self._seeds = itertools.count()
        self._resident: Person | None = None

    def scene(
        self,
        operation: Operation,
        alternative: Alternative | None = None,
        person: Person | None = None,
    ) -> Scene:
        """Set a scene; the first one of an operation is preceded by a trial of its request.

        Args:
            operation: What the request asks for.
            alternative: By which credentials; None for the first that the person has.
            person: By whom; None for somebody who can.

        Raises:
            Unexercised: Nothing that was tried succeeds.
        """
        failures = []
        for someone in [person] if person else self._candidates(operation):
            try:
                if operation.operation_id not in self._recipes:
                    self._rehearse(operation, alternative, someone)
                    if person is None and self.identities.renewable:  # the trial may use one up
                        return self.scene(operation, alternative)
                recipe = self._recipes[operation.operation_id]
                return self._set(operation, Errand(someone), recipe, alternative)
            except Unexercised as failure:
                failures.append(str(failure))
        raise Unexercised("; ".join(dict.fromkeys(failures)) or "there is nobody to try")

    def left(self, operation: Operation, person: Person) -> None:
        """Take note that a person's request succeeded: it may have ended their session."""
        if ends(operation, Ending.SIGNED_OUT):
            self.identities.spent(person)

    def newcomer(self) -> Person | None:
        """Return somebody whom no other scene has used; None where nobody can be made."""
        return next(self.identities.people(), None) if self.identities.renewable else None

    def _candidates(self, operation: Operation) -> Iterator[Person]:
        """Yield whom to try: one person serves many scenes, unless the request may end them."""
        if self.identities.renewable and (operation.method == "GET" or "{" in operation.path):
            self._resident = self._resident or self.newcomer()
            if self._resident is not None:
                yield self._resident
            self._resident = None
        yield from self.identities.people()

    def make(self, creator: Creator, scene: Scene) -> Made:
        """Make one more object of a scene's person, beside what the scene's request is about.

        Raises:
            Unexercised: It cannot be made.
        """
        path = scene.request.operation.path
        template = f"{path}/{{id}}"
        known = shared_values(template, creator.operation.path, scene.request.values)
        made = self._make(creator, template, "id", Errand(scene.person, known))
        if made is None:
            raise Unexercised(f"{creator.operation.operation_id} makes nothing for {path}")
        return made

    def credential(
        self, operation: Operation, person: Person, alternative: Alternative | None = None
    ) -> Presented:
        """Return a person's valid credential for an operation.

        Raises:
            Unexercised: The person has none.
        """
        reasons = []
        for choice in [alternative] if alternative else self.gatehouse.alternatives(operation):
            try:
                return self._presented(choice, person)
            except NotMade as reason:
                reasons.append(str(reason))
        if not operation.secured:
            return Presented(headers=person.headers)
        if missing := self.gatehouse.undeclared(operation):
            reasons.append(f"the document declares no security scheme {', '.join(missing)}")
        raise Unexercised("; ".join(reasons))

    def _presented(self, choice: Alternative, person: Person) -> Presented:
        presented = Presented(headers=person.headers)
        for use in choice:
            credential = self.identities.credential(person, use.scheme, use.scopes)
            presented = presented.beside(use.scheme.present(credential))
        return presented

    def _rehearse(
        self, operation: Operation, alternative: Alternative | None, person: Person
    ) -> None:
        """Find a recipe by trying.

        Raises:
            Unexercised: None works.
        """
        answers: dict[str, None] = {}
        for recipe in self.contents.recipes(operation):
            scene = self._set(operation, Errand(person), recipe, alternative)
            answer = self.caller.send(scene.request, scene.presented)
            if answer.ok:
                self._recipes[operation.operation_id] = recipe
                self.left(operation, person)
                return
            answers[f"{scene.request.path} answered {answer.status}"] = None
        raise Unexercised(f"no request succeeded as {person.name}: {', '.join(answers)}")

    def _set(
        self,
        operation: Operation,
        errand: Errand,
        recipe: Recipe,
        alternative: Alternative | None = None,
    ) -> Scene:
        if errand.depth == 0:
            raise Unexercised(f"{operation.label} needs objects that need one another")
        presented = self.credential(operation, errand.person, alternative)
        values, made = dict(errand.known), []
        for parameter in self.contents.path_parameters(operation):
            name = str(parameter["name"])
            if name in values:
                continue
            creation = self._create(operation, name, replace(errand, known=values))
            if creation is not None:
                made.append(creation)
                values[name] = creation.value
            else:
                values[name] = self._known(parameter, errand.person)
        content = recipe(errand.person, next(self._seeds))
        values.update(content.path)
        body, joined = object_body(content), {}
        if body is not None:
            joined = self._joined(operation, body, replace(errand, known=values))
            content = replace(content, body={**body, **joined})
        request = Request(operation, values, content)
        return Scene(errand.person, request, presented, tuple(made), tuple(joined))

    def _known(self, parameter: dict[str, Any], person: Person) -> Any:
        name = str(parameter["name"]).lower()
        own = [value for key, value in person.attributes.items() if name.endswith(key)]
        return own[0] if own else self.contents.value_of(parameter)

    def _create(self, operation: Operation, name: str, errand: Errand) -> Made | None:
        """Make the object that a path parameter of an operation names."""
        template = f"{prefix_of(operation.path, name)}/{{{name}}}"
        for creator in self.creators.of_parameter(operation, name):
            known = shared_values(template, creator.operation.path, errand.known)
            if (made := self._make(creator, template, name, errand.deeper(known))) is not None:
                return made
        return None

    def _make(self, creator: Creator, template: str, name: str, errand: Errand) -> Made | None:
        operation = creator.operation
        proven = self._recipes.get(operation.operation_id)
        for recipe in [proven] if proven else self.contents.recipes(operation):
            try:
                scene = self._set(operation, errand, recipe)
            except Unexercised:
                return None
            answer = self.caller.send(scene.request, scene.presented)
            value = created_id(creator, answer, template, name) if answer.ok else None
            if value is not None:
                self._recipes[operation.operation_id] = recipe
                return Made(name, value, operation, scene.request, answer)
        return None

    def _joined(self, operation: Operation, body: dict[str, Any], errand: Errand) -> dict[str, Any]:
        """Return the fields, such as `board_id`, that are to name an object of the person's own."""
        joined: dict[str, Any] = {}
        for name in body:
            if name in errand.known:
                joined[name] = errand.known[name]
                continue
            for creator in self.creators.of_field(name):
                template = f"{creator.operation.path}/{{{name}}}"
                made = (
                    self._make(creator, template, name, errand.deeper({}))
                    if creator.operation != operation
                    else None
                )
                if made is not None:
                    joined[name] = made.value
                    break
        return joined
