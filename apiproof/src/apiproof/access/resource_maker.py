"""The objects that prepared requests are about, made through the API itself."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Protocol

from apiproof.access.http import NotPrepared, Response, Sender
from apiproof.access.payloads import PayloadRecipe
from apiproof.access.prepared import (
    Preparation,
    PreparedRequest,
    own_value,
    stands_for_caller,
)
from apiproof.access.requirements import Alternative, SecurityModel
from apiproof.access.resources import (
    CreatedResource,
    ResourceCreator,
    ResourceCreators,
    created_id,
    prefix_of,
    shared_values,
)
from apiproof.access.safeguards import SAFE, Safeguards, names_account
from apiproof.access.shown_objects import SeenIds, given_object
from apiproof.access.users import User
from apiproof.jwt import RequestAuth
from apiproof.openapi.document import Operation

_Made = CreatedResource | None
BARREN = 2  # vain tries after which what makes an object is left alone


class Preparer(Protocol):
    """What prepares the requests that make objects.

    Attributes:
        security: The document's operations.
        safeguards: What is left alone.
        sender: Sends requests.
        seen: The ids that users were told.
        recipes: What filled a request that succeeded, by `key_of`.
        failures: Why no request succeeded, by `key_of`.
    """

    security: SecurityModel
    safeguards: Safeguards
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
        self._own_only: set[str] = set()  # operations on accounts that take one's own alone

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

    def turn_to_own(self, operation: Operation, user: User) -> bool:
        """Let an operation on an account be about its caller from now on; False if that is vain."""
        name = next(reversed(operation.path_parameters), "")
        is_vain = operation.label in self._own_only or user.is_lent or not user.is_learnt
        if is_vain or not names_account(operation, name):
            return False
        self._own_only.add(operation.label)
        return own_value(operation, name, user) is not None

    def for_path(self, operation: Operation, name: str, preparation: Preparation) -> _Made:
        """Make the object that a path parameter of an operation names."""
        user = preparation.user
        is_own = operation.label in self._own_only and names_account(operation, name)
        if stands_for_caller(operation, name, user) or (is_own and not user.is_lent):
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
        user, is_safe = preparation.user, operation.method in SAFE
        if user.is_learnt:
            seen = self._preparer.seen.named(user, name, is_safe=is_safe)
            if seen is not None or not is_safe:
                return seen
        try:
            return given_object(
                self._preparer.security.operations,
                template,
                name,
                preparation.known,
                lambda it: self._preparer.sender.send(
                    it, self._preparer.credential(it.operation, user)
                ),
            )
        except NotPrepared:
            if user.is_learnt:
                return None
            raise

    def _made(
        self, creator: ResourceCreator, template: str, name: str, preparation: Preparation
    ) -> _Made:
        operation = creator.operation
        key = self._preparer.key_of(operation, preparation.user)
        proven = self._preparer.recipes.get(key)
        if key in self._preparer.failures or self._barren[key] >= BARREN:
            return None
        if self._is_left_to_own_accounts(operation, preparation.user):
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

    def _is_left_to_own_accounts(self, operation: Operation, user: User) -> bool:
        """Whether accounts of the run's own make such objects, so that lent ones gain none.

        What tenants keep from one another is only seen by users of two tenants: the file's.
        """
        is_proven = (operation.operation_id, "") in self._preparer.recipes
        is_spared = user.is_lent and not user.headers
        return is_spared and is_proven and not self._preparer.safeguards.destructive

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
