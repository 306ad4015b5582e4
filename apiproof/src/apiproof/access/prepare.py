"""Requests that succeed, prepared anew through the API itself for every round of a probe."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apiproof.access.http import Request, Response, Sender
from apiproof.access.payloads import PayloadRecipe, PayloadSource, object_body
from apiproof.access.requirements import Alternative, SecurityModel, is_session_ending
from apiproof.access.resources import ResourceCreator, ResourceCreators, created_id, prefix_of
from apiproof.access.users import User, UserSource
from apiproof.jwt import NotApplicable, RequestAuth, SessionEnd
from apiproof.openapi.document import Operation

DEPTH = 6  # how many objects may stand inside one another


class NotPrepared(Exception):
    """No request to replay was found; the text says what was tried."""


@dataclass(frozen=True)
class CreatedResource:
    """An object that a prepared request's person made for a path parameter.

    Attributes:
        parameter: The parameter's name.
        value: The object's id.
        creator: What made it.
        request: How.
        answer: Its answer.
    """

    parameter: str
    value: Any
    creator: Operation
    request: Request
    response: Response


@dataclass(frozen=True)
class PreparedRequest:
    """A request that succeeds, and who sends it with what.

    Attributes:
        person: Who sends it.
        request: The request, without its credential.
        presented: The valid credential.
        made: The objects in the request's path, outermost first.
        joined: The fields of the body that name an object of the person's.
    """

    user: User
    request: Request
    auth: RequestAuth
    made: tuple[CreatedResource, ...] = ()
    body_references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preparation:
    """For whom something is made, with which path parameters given, and how deep inside others."""

    user: User
    known: Mapping[str, Any] = field(default_factory=dict)
    depth: int = DEPTH

    def deeper(self, known: Mapping[str, Any]) -> "Preparation":
        """Return the errand of making something that this one needs."""
        return Preparation(self.user, known, self.depth - 1)


def shared_values(template: str, path: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the parameters that two paths begin with, whatever each calls them."""
    shared: dict[str, Any] = {}
    for ours, theirs in zip(template.split("/"), path.split("/"), strict=False):
        if ours[:1] == theirs[:1] == "{":
            if ours[1:-1] in values:
                shared[theirs[1:-1]] = values[ours[1:-1]]
        elif ours != theirs:
            break
    return shared


class RequestPreparer:
    """Sets prepared requests for the operations of one document."""

    def __init__(
        self,
        security: SecurityModel,
        user_source: UserSource,
        sender: Sender,
        payloads: PayloadSource,
    ) -> None:
        self.security = security
        self.user_source = user_source
        self.sender = sender
        self.payloads = payloads
        self.creators = ResourceCreators(security.operations)
        self._recipes: dict[str, PayloadRecipe] = {}
        self._seeds = itertools.count()
        self._resident: User | None = None

    def prepared(
        self,
        operation: Operation,
        alternative: Alternative | None = None,
        user: User | None = None,
    ) -> PreparedRequest:
        """Prepare a request; the first one of an operation is preceded by a trial.

        Args:
            operation: What the request asks for.
            alternative: By which credentials; None for the first that the person has.
            user: By whom; None for somebody who can.

        Raises:
            Unexercised: Nothing that was tried succeeds.
        """
        failures = []
        for someone in [user] if user else self._candidates(operation):
            try:
                if operation.operation_id not in self._recipes:
                    self._discover_recipe(operation, alternative, someone)
                    if (
                        user is None and self.user_source.can_create_users
                    ):  # the trial may use one up
                        return self.prepared(operation, alternative)
                recipe = self._recipes[operation.operation_id]
                return self._prepare(operation, Preparation(someone), recipe, alternative)
            except NotPrepared as failure:
                failures.append(str(failure))
        raise NotPrepared("; ".join(dict.fromkeys(failures)) or "there is nobody to try")

    def note_success(self, operation: Operation, user: User) -> None:
        """Take note that a person's request succeeded: it may have ended their session."""
        if is_session_ending(operation, SessionEnd.SIGNED_OUT):
            self.user_source.invalidate(user)

    def new_user(self) -> User | None:
        """Return a user of no other prepared request; None where none can be created."""
        return next(self.user_source.users(), None) if self.user_source.can_create_users else None

    def _candidates(self, operation: Operation) -> Iterator[User]:
        """Yield whom to try: one user serves many requests, unless those may end them."""
        if self.user_source.can_create_users and (
            operation.method == "GET" or "{" in operation.path
        ):
            self._resident = self._resident or self.new_user()
            if self._resident is not None:
                yield self._resident
            self._resident = None
        yield from self.user_source.users()

    def make(self, creator: ResourceCreator, prepared: PreparedRequest) -> CreatedResource:
        """Create one more object of a request's user, beside what the request is about.

        Raises:
            Unexercised: It cannot be made.
        """
        path = prepared.request.operation.path
        template = f"{path}/{{id}}"
        known = shared_values(template, creator.operation.path, prepared.request.values)
        made = self._make(creator, template, "id", Preparation(prepared.user, known))
        if made is None:
            raise NotPrepared(f"{creator.operation.operation_id} makes nothing for {path}")
        return made

    def credential(
        self, operation: Operation, user: User, alternative: Alternative | None = None
    ) -> RequestAuth:
        """Return a person's valid credential for an operation.

        Raises:
            Unexercised: The person has none.
        """
        reasons = []
        for choice in [alternative] if alternative else self.security.alternatives(operation):
            try:
                return self._presented(choice, user)
            except NotApplicable as reason:
                reasons.append(str(reason))
        if not operation.secured:
            return RequestAuth(headers=user.headers)
        if missing := self.security.undeclared(operation):
            reasons.append(f"the document declares no security scheme {', '.join(missing)}")
        raise NotPrepared("; ".join(reasons))

    def _presented(self, choice: Alternative, user: User) -> RequestAuth:
        auth = RequestAuth(headers=user.headers)
        for use in choice:
            credential = self.user_source.credential(user, use.scheme, use.scopes)
            auth = auth.merged_with(use.scheme.present(credential))
        return auth

    def _discover_recipe(
        self, operation: Operation, alternative: Alternative | None, user: User
    ) -> None:
        """Find a recipe by trying.

        Raises:
            Unexercised: None works.
        """
        responses: dict[str, None] = {}
        for recipe in self.payloads.recipes(operation):
            prepared = self._prepare(operation, Preparation(user), recipe, alternative)
            response = self.sender.send(prepared.request, prepared.auth)
            if response.ok:
                self._recipes[operation.operation_id] = recipe
                self.note_success(operation, user)
                return
            responses[f"{prepared.request.path} answered {response.status}"] = None
        raise NotPrepared(f"no request succeeded as {user.name}: {', '.join(responses)}")

    def _prepare(
        self,
        operation: Operation,
        preparation: Preparation,
        recipe: PayloadRecipe,
        alternative: Alternative | None = None,
    ) -> PreparedRequest:
        if preparation.depth == 0:
            raise NotPrepared(f"{operation.label} needs objects that need one another")
        auth = self.credential(operation, preparation.user, alternative)
        values, made = dict(preparation.known), []
        for parameter in self.payloads.path_parameters(operation):
            name = str(parameter["name"])
            if name in values:
                continue
            creation = self._create(operation, name, replace(preparation, known=values))
            if creation is not None:
                made.append(creation)
                values[name] = creation.value
            else:
                values[name] = self._known(parameter, preparation.user)
        content = recipe(preparation.user, next(self._seeds))
        values.update(content.path)
        body, body_references = object_body(content), {}
        if body is not None:
            body_references = self._body_references(
                operation, body, replace(preparation, known=values)
            )
            content = replace(content, body={**body, **body_references})
        request = Request(operation, values, content)
        return PreparedRequest(preparation.user, request, auth, tuple(made), tuple(body_references))

    def _known(self, parameter: dict[str, Any], user: User) -> Any:
        name = str(parameter["name"]).lower()
        own = [value for key, value in user.attributes.items() if name.endswith(key)]
        return own[0] if own else self.payloads.value_of(parameter)

    def _create(
        self, operation: Operation, name: str, preparation: Preparation
    ) -> CreatedResource | None:
        """Make the object that a path parameter of an operation names."""
        template = f"{prefix_of(operation.path, name)}/{{{name}}}"
        for creator in self.creators.for_path_parameter(operation, name):
            known = shared_values(template, creator.operation.path, preparation.known)
            if (made := self._make(creator, template, name, preparation.deeper(known))) is not None:
                return made
        return None

    def _make(
        self, creator: ResourceCreator, template: str, name: str, preparation: Preparation
    ) -> CreatedResource | None:
        operation = creator.operation
        proven = self._recipes.get(operation.operation_id)
        for recipe in [proven] if proven else self.payloads.recipes(operation):
            try:
                prepared = self._prepare(operation, preparation, recipe)
            except NotPrepared:
                return None
            response = self.sender.send(prepared.request, prepared.auth)
            value = created_id(creator, response, template, name) if response.ok else None
            if value is not None:
                self._recipes[operation.operation_id] = recipe
                return CreatedResource(name, value, operation, prepared.request, response)
        return None

    def _body_references(
        self, operation: Operation, body: dict[str, Any], preparation: Preparation
    ) -> dict[str, Any]:
        """Return the fields, such as `board_id`, that are to name an object of the person's own."""
        body_references: dict[str, Any] = {}
        for name in body:
            if name in preparation.known:
                body_references[name] = preparation.known[name]
                continue
            for creator in self.creators.for_field(name):
                template = f"{creator.operation.path}/{{{name}}}"
                made = (
                    self._make(creator, template, name, preparation.deeper({}))
                    if creator.operation != operation
                    else None
                )
                if made is not None:
                    body_references[name] = made.value
                    break
        return body_references
