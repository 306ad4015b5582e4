"""The objects that prepared requests are about, made through the API itself."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Protocol

from apiproof.access.http import NotPrepared, Response, Sender
from apiproof.access.payloads import PayloadRecipe
from apiproof.access.prepared import Preparation, PreparedRequest, stands_for_caller
from apiproof.access.requirements import Alternative, SecurityModel
from apiproof.access.resources import (
    CreatedResource,
    ResourceCreator,
    ResourceCreators,
    SeenIds,
    created_id,
    given_object,
    prefix_of,
    shared_values,
)
from apiproof.access.safeguards import SAFE
from apiproof.access.users import User
from apiproof.jwt import RequestAuth
from apiproof.openapi.document import Operation

_Made = CreatedResource | None
BARREN = 2  # vain tries after which what makes an object is left alone


class Preparer(Protocol):
    """What prepares the requests that make objects.

    Attributes:
        security: The document's operations.
        sender: Sends requests.
        seen: The ids that users were told.
        recipes: What filled a request that succeeded, by `key_of`.
        failures: Why no request succeeded, by `key_of`.
    """

    security: SecurityModel
    sender: Sender
    seen: SeenIds
    recipes: dict[tuple[str, str], PayloadRecipe]
    failures: dict[tuple[str, str], str]

    def key_of(self, operation: Operation, user: User) -> tuple[str, str]:
        """Return what a recipe holds for."""
        ...

    def known_recipes(self, operation: Operation) -> Iterator[PayloadRecipe]:
        """Yield ways to fill a request."""
        ...

    def filled(
        self, operation: Operation, preparation: Preparation, recipe: PayloadRecipe
    ) -> PreparedRequest:
        """Fill a request in by a recipe."""
        ...

    def credential(
        self, operation: Operation, user: User, alternative: Alternative | None = None
    ) -> RequestAuth:
        """Return a user's valid credential."""
        ...

    def send_valid(self, prepared: PreparedRequest) -> Response:
        """Send a prepared request with its valid credential."""
        ...


class ResourceMaker:
    """Makes objects, by the operations of the document that create them."""

    def __init__(self, preparer: Preparer) -> None:
        self.creators = ResourceCreators(preparer.security.operations)
        self.kept: dict[tuple[Any, ...], _Made] = {}  # objects that are only read
        self._preparer = preparer
        self._barren: Counter[tuple[str, str]] = Counter()  # how often nothing could be made

    def make(self, creator: ResourceCreator, prepared: PreparedRequest) -> CreatedResource:
        """Create one more object of a request's user, beside what the request is about.

        Raises:
            NotPrepared: It cannot be made.
        """
        path = prepared.request.operation.path
        template = f"{path}/{{id}}"
        known = shared_values(template, creator.operation.path, prepared.request.values)
        made = self._made(creator, template, "id", Preparation(prepared.user, known))
        if made is None:
            raise NotPrepared(f"{creator.operation.operation_id} makes nothing for {path}")
        return made

    def for_path(self, operation: Operation, name: str, preparation: Preparation) -> _Made:
        """Make the object that a path parameter of an operation names."""
        if stands_for_caller(operation, name, preparation.user):
            return None
        template = f"{prefix_of(operation.path, name)}/{{{name}}}"
        if operation.method not in SAFE or not preparation.user.is_learnt:
            return self._new(operation, template, name, preparation)
        key = (
            template,
            name,
            preparation.user.name,
            tuple(sorted(map(str, preparation.known.items()))),
        )
        if key not in self.kept:  # what is only read is as good for another request
            self.kept[key] = self._new(operation, template, name, preparation)
        return self.kept[key]

    def _new(
        self, operation: Operation, template: str, name: str, preparation: Preparation
    ) -> _Made:
        for creator in self.creators.for_path_parameter(operation, name):
            known = shared_values(template, creator.operation.path, preparation.known)
            if (made := self._made(creator, template, name, preparation.deeper(known))) is not None:
                return made
        if preparation.user.is_learnt:
            return self._preparer.seen.named(
                preparation.user, name, is_safe=operation.method in SAFE
            )
        return given_object(
            self._preparer.security.operations,
            template,
            name,
            preparation.known,
            lambda it: self._preparer.sender.send(
                it, self._preparer.credential(it.operation, preparation.user)
            ),
        )

    def _made(
        self, creator: ResourceCreator, template: str, name: str, preparation: Preparation
    ) -> _Made:
        operation = creator.operation
        key = self._preparer.key_of(operation, preparation.user)
        proven = self._preparer.recipes.get(key)
        if key in self._preparer.failures or self._barren[key] >= BARREN:
            return None
        for recipe in [proven] if proven else self._preparer.known_recipes(operation):
            try:
                prepared = self._preparer.filled(operation, preparation, recipe)
            except NotPrepared:
                return None
            renews = preparation.user.is_learnt
            response = (
                self._preparer.send_valid(prepared)
                if renews
                else self._preparer.sender.send(prepared.request, prepared.auth)
            )
            value = None
            if response.ok:
                value = created_id(creator, response, template, name, prepared.request)
            if value is not None:
                self._preparer.recipes[key] = recipe
                return CreatedResource(name, value, operation, prepared.request, response)
        self._barren[key] += preparation.user.is_learnt
        return None

    def for_body(
        self, operation: Operation, body: dict[str, Any], preparation: Preparation
    ) -> dict[str, Any]:
        """Return the fields, such as `board_id`, that are to name an object of the user's own."""
        body_references: dict[str, Any] = {}
        for name in body:
            if name in preparation.known:
                body_references[name] = preparation.known[name]
                continue
            for creator in self.creators.for_field(name):
                template = f"{creator.operation.path}/{{{name}}}"
                made = (
                    self._made(creator, template, name, preparation.deeper({}))
                    if creator.operation != operation
                    else None
                )
                if made is not None:
                    body_references[name] = made.value
                    break
        return body_references
