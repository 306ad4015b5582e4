"""The objects that prepared requests are about, made through the API itself."""

import contextlib
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from apiproof.access.http import NotPrepared, Request, RequestContent, Response, Sender
from apiproof.access.payloads import PayloadRecipe, PayloadSource
from apiproof.access.prepared import (
    Preparation,
    PreparedRequest,
    own_value,
    stands_for_caller,
)
from apiproof.access.references import (
    Reference,
    named_in_query,
    natural_keys,
    nouns_at,
    own_nouns,
    references_in,
    with_ids_below,
)
from apiproof.access.requirements import Alternative, SecurityModel
from apiproof.access.resources import (
    CreatedResource,
    ResourceCreator,
    ResourceCreators,
    created_id,
    items_of,
    noun_of,
    prefix_of,
    shared_values,
)
from apiproof.access.safeguards import SAFE, Safeguards, names_account, names_somebody
from apiproof.access.shown_objects import SeenIds, given_object
from apiproof.access.users import User, UserSource
from apiproof.jwt import RequestAuth
from apiproof.openapi.document import Operation

_Made = CreatedResource | None
BARREN = 2  # vain tries after which what makes an object is left alone


class Preparer(Protocol):
    """What prepares the requests that make objects.

    Attributes:
        security: The document's operations.
        user_source: Where users come from.
        safeguards: What is left alone.
        sender: Sends requests.
        seen: The ids that users were told.
        payloads: What requests may hold.
        recipes: What filled a request that succeeded, by `key_of`.
        failures: Why no request succeeded, by `key_of`.
    """

    security: SecurityModel
    user_source: UserSource
    safeguards: Safeguards
    sender: Sender
    seen: SeenIds
    payloads: PayloadSource
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

    def note_success(self, operation: Operation, user: User, request: Request) -> None:
        """Take note that a user's request succeeded."""
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
        if (made := self._put(operation, template, name, preparation)) is not None:
            return made
        user, is_safe = preparation.user, operation.method in SAFE
        if user.is_learnt:
            seen = self._preparer.seen.named(user, name, is_safe=is_safe)
            if seen is not None or not is_safe:
                return seen
        return self._given(template, name, preparation)

    def _given(self, template: str, name: str, preparation: Preparation) -> _Made:
        """Return something that a list shows to a user."""
        user = preparation.user
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

    def _put(
        self, operation: Operation, template: str, name: str, preparation: Preparation
    ) -> _Made:
        """Make an object by a PUT at an id of one's own choice, where no POST makes such ones."""
        is_spared = not preparation.user.is_learnt or names_account(operation, name)
        if is_spared or self.creators.for_path_parameter(operation, name):
            return None
        for put in self._preparer.security.operations:
            if put.method != "PUT" or put.path != template:
                continue
            [declared] = self._preparer.payloads.path_parameters(put)[-1:]
            value = self._preparer.payloads.value_of(declared, secrets.randbits(40))
            chosen = 10**7 + secrets.randbelow(10**9) if isinstance(value, int) else value
            preparation = preparation.deeper({**preparation.known, name: chosen})
            creator = ResourceCreator(put, f"$request.path.{name}")
            return self._made(creator, template, name, preparation)
        return None

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

    def for_content(
        self, operation: Operation, content: RequestContent, preparation: Preparation
    ) -> tuple[RequestContent, tuple[Reference, ...]]:
        """Let what a request says beside its path name objects of its user's own.

        Returns:
            The content, and where it names them: `board_id` in a body, `ids` in a query.

        Raises:
            NotPrepared: A lent account would change whatever a sample names.
        """
        found: list[Reference] = []
        known = {str(value) for value in preparation.user.attributes.values()}
        keyed = self._keyed(operation, content)
        for reference in (*references_in(content), *keyed):
            value, made = preparation.known.get(reference.name), None
            if reference.place != "body" or value is None:
                said = reference.value_in(content)
                if reference.place != "body" and str(said) in known:
                    continue
                made = self._named(operation, reference, preparation)
                value = made.value if made is not None else None
            if value is not None:
                content = reference.filled(content, value)
                found.append(replace(reference, made=made))
            elif (listed := self._listed(operation, reference, preparation)) is not None:
                content = reference.filled(content, listed)  # everybody's: nothing to try
            elif preparation.user.is_lent and self._may_harm(operation, reference):
                raise NotPrepared(
                    f"no operation of the document creates what {reference.name} names"
                )
        if isinstance(content.body, Mapping):
            body = with_ids_below(
                content.body, lambda it: self._known_below(operation, it, preparation)
            )
            content = replace(content, body=body)
        return content, tuple(found)

    def _known_below(
        self, operation: Operation, reference: Reference, preparation: Preparation
    ) -> Any:
        """Return the id of something that a place deeper in a body may name."""
        if reference.is_list:
            return None
        if reference in natural_keys({reference.name: ""}):
            return self.shown_as(operation, reference.name, preparation.user)
        made = self._named(operation, reference, preparation)
        return made.value if made else self._listed(operation, reference, preparation)

    def shown_as(self, operation: Operation, name: str, user: User) -> Any:
        """Return what a list of other things shows a user under a name; None where none does."""
        key = ("shown as", name, user.name)
        if key not in self.kept:
            self.kept[key] = None
            for listing in self._preparer.security.operations:
                is_list = listing.method == "GET" and "{" not in listing.path
                if not is_list or noun_of(listing.path) == noun_of(operation.path):
                    continue
                with contextlib.suppress(NotPrepared):
                    request = Request(listing)
                    auth = self._preparer.credential(listing, user)
                    answer = self._preparer.sender.send(request, auth)
                    values = [item.get(name) for item in items_of(answer.json) if answer.ok]
                    if found := [one for one in values if isinstance(one, str | int)]:
                        made = CreatedResource(name, found[0], listing, request, answer)
                        self.kept[key] = made
                        break
        shown = self.kept[key]
        return shown.value if shown is not None else None

    def _named(self, operation: Operation, reference: Reference, preparation: Preparation) -> _Made:
        """Make an object for a place in a request to name, or return None."""
        nouns = nouns_at(operation, reference)
        if nouns == own_nouns(operation) and operation.path_parameters:
            return None  # an `id` beside the path's: its own
        for creator in self.creators.for_nouns(nouns):
            if creator.operation == operation:
                continue
            name = self.creators.key_of(creator.operation) or reference.name
            template = f"{creator.operation.path}/{{{name}}}"
            made = self._made(creator, template, name, preparation.deeper({}))
            if made is not None:
                return made
        return None

    def _keyed(self, operation: Operation, content: RequestContent) -> list[Reference]:
        """Return where a reading says in its query which thing it is about, by the thing's name."""
        if operation.method not in SAFE:
            return []
        return [
            one
            for one in named_in_query(content)
            if any(self.creators.key_of(it.operation) for it in self.creators.for_nouns({one.name}))
        ]

    def _listed(self, operation: Operation, reference: Reference, preparation: Preparation) -> Any:
        """Return the id of something that a list shows to whoever asks, for a place to name."""
        nouns = nouns_at(operation, reference)
        is_own = bool(nouns & own_nouns(operation))
        user = preparation.user
        if is_own or reference.is_list or not user.is_learnt or names_somebody(reference.name):
            return None
        for noun in sorted(nouns):
            key = ("listed", noun, user.name)
            if key not in self.kept:
                self.kept[key] = self._given(f"/{noun}/{{id}}", "id", Preparation(user))
            if (shown := self.kept[key]) is not None:
                return shown.value
        return None

    def _may_harm(self, operation: Operation, reference: Reference) -> bool:
        """Whether an operation may change what a sample happens to name, not only refer to it."""
        if operation.method in SAFE or self._preparer.safeguards.destructive:
            return False
        nouns = nouns_at(operation, reference)
        is_own = bool(nouns & own_nouns(operation)) and not operation.path_parameters
        adds = operation.method == "POST" and noun_of(operation.path.rpartition("/")[2]) in nouns
        return is_own and (reference.is_list or not adds)
