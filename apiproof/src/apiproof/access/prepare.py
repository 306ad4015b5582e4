"""Requests that succeed, prepared anew through the API itself for every round of a probe."""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apiproof.access.http import (
    NotPrepared,
    Request,
    RequestContent,
    Response,
    Sender,
    uncredentialed,
)
from apiproof.access.jobs import Jobs
from apiproof.access.later_states import CONFLICT, LaterStates
from apiproof.access.lone_refusals import LoneRefusals
from apiproof.access.payloads import PayloadRecipe, PayloadSource, object_body
from apiproof.access.prepared import (
    Preparation,
    PreparedRequest,
    about_others,
    own_value,
    relation_of,
    with_held_things,
    with_own_identifiers,
    with_own_query,
    with_version,
)
from apiproof.access.references import Reference
from apiproof.access.requirements import UNNAMED, Alternative, SecurityModel
from apiproof.access.resource_maker import ResourceMaker
from apiproof.access.safeguards import (
    SAFE,
    Requesters,
    Safeguards,
    changes_caller,
    changes_identity,
    is_account_operation,
    names_account,
)
from apiproof.access.session_renewal import SessionRenewal
from apiproof.access.shown_objects import SeenIds
from apiproof.access.users import User, UserSource
from apiproof.jwt import NO_AUTH, NotApplicable, RequestAuth, SessionEnd
from apiproof.openapi.document import Operation

SERVER_ERROR = 500
VERSION_ASKED = 428  # RFC 6585, 3


class RequestPreparer:
    """Prepares requests that succeed, for the operations of one document."""

    def __init__(
        self,
        security: SecurityModel,
        user_source: UserSource,
        sender: Sender,
        payloads: PayloadSource,
        safeguards: Safeguards | None = None,
    ) -> None:
        self.security = security
        self.user_source = user_source
        self.sender = sender
        self.payloads = payloads
        self.maker, self.states = ResourceMaker(self), LaterStates(self)
        self.safeguards = safeguards or Safeguards()
        self.recipes: dict[tuple[str, str], PayloadRecipe] = {}
        self.failures: dict[tuple[str, str], str] = {}
        self._seeds = itertools.count()
        self._requesters = Requesters(user_source, self.safeguards)
        self.ends_late: dict[SessionEnd, bool] = {}  # whether credentials outlive it by seconds
        self._versioned: set[str] = set()  # operations that refuse writes of no named version
        self.seen, self.refusals = SeenIds(), LoneRefusals()
        self.jobs, self._renewal = Jobs(self), SessionRenewal(self)

    def prepared(
        self,
        operation: Operation,
        alternative: Alternative | None = None,
        user: User | None = None,
    ) -> PreparedRequest:
        """Prepare a request; the first one of an operation is preceded by a trial.

        Args:
            operation: What the request asks for.
            alternative: By which credentials; None for the first that the user has.
            user: By whom; None for somebody who can.

        Raises:
            NotPrepared: Nothing that was tried succeeds.
        """
        failures = []
        for someone in [user] if user else self._requesters.of(operation):
            key = self.key_of(operation, someone)
            try:
                self._spare(operation, someone, self.failures.get(key, ""))
                if key not in self.recipes:
                    self._discover_recipe(operation, alternative, someone)
                    may_be_used_up = self.user_source.can_create_users and user is None
                    if may_be_used_up and operation.method not in SAFE:
                        return self.prepared(operation, alternative)
                return self.filled(operation, Preparation(someone), self.recipes[key], alternative)
            except NotPrepared as failure:
                failures.append(str(failure))
                is_final = someone.is_learnt and not self.user_source.is_gone(someone)
                if is_final and key not in self.recipes:
                    self.failures[key] = str(failure)
        raise NotPrepared("; ".join(dict.fromkeys(failures)) or "there is nobody to try")

    def key_of(self, operation: Operation, user: User) -> tuple[str, str]:
        """Return what a recipe holds for: each lent user by themselves, created ones all alike."""
        return operation.operation_id, user.name if user.is_lent else ""

    def try_anew(self, operation: Operation, user: User | None = None) -> None:
        """Forget that an operation failed: it is tried in another way, or by a user who knows."""
        self._requesters.prefer(operation, user)
        for key in [one for one in self.failures if one[0] == operation.operation_id]:
            del self.failures[key]

    def _spare(self, operation: Operation, user: User, failure: str) -> None:
        """Leave accounts alone that were lent, and what has failed before.

        Raises:
            NotPrepared: The operation would change a lent account, or failed before.
        """
        if failure:
            raise NotPrepared(failure)
        spared = user.is_lent and user.is_learnt and not self.safeguards.destructive
        if spared and changes_caller(operation):
            raise NotPrepared(f"it would change {user.name}, which was lent (see --destructive)")

    def note_success(
        self, operation: Operation, user: User, request: Request | None = None
    ) -> None:
        """Take note that a user's request succeeded: it may have ended their session or account."""
        if operation in self.security.endings[SessionEnd.SIGNED_OUT]:
            self.user_source.invalidate(user)
        own = {str(value) for value in user.attributes.values()}
        values = request.values.values() if request else ()
        concerns_account = changes_caller(operation) or (
            is_account_operation(operation) and any(str(value) in own for value in values)
        )
        if concerns_account and not user.is_lent and changes_identity(request, own):
            self.user_source.forget(user)
            self._requesters.forget(user)

    def new_user(self) -> User | None:
        """Return a user of no other prepared request; None where none can be created."""
        if not self.user_source.can_create_users:
            return None
        try:
            return self.user_source.new_user()
        except NotApplicable as reason:
            raise NotPrepared(str(reason)) from None

    def credential(
        self, operation: Operation, user: User, alternative: Alternative | None = None
    ) -> RequestAuth:
        """Return a user's valid credential for an operation.

        Raises:
            NotPrepared: The user has none.
        """
        reasons = []
        for choice in (
            [alternative] if alternative else self.security.alternatives[operation.security]
        ):
            try:
                return self._presented(choice, user)
            except NotApplicable as reason:
                reasons.append(str(reason))
        if not operation.secured:
            # A document that says nothing of credentials does not say that none is asked for.
            for choice in self.security.alternatives.get(UNNAMED, ()):
                with contextlib.suppress(NotApplicable):
                    return self._presented(choice, user)
            return uncredentialed(user)
        if missing := self.security.undeclared(operation):
            reasons.append(f"the document declares no security scheme {', '.join(missing)}")
        raise NotPrepared("; ".join(reasons))

    def _presented(self, choice: Alternative, user: User) -> RequestAuth:
        auth = NO_AUTH
        for use in choice:
            credential = self.user_source.credential(user, use.scheme, use.scopes)
            auth = auth.merged_with(use.scheme.present(credential))
        return uncredentialed(user).merged_with(auth)  # with what the newest login gave

    def _discover_recipe(
        self, operation: Operation, alternative: Alternative | None, user: User
    ) -> None:
        """Find a recipe by trying.

        Raises:
            NotPrepared: None works.
        """
        responses: dict[str, None] = {}
        made: dict[str, Any] = {}
        sent: list[Request] = []
        for recipe in self.known_recipes(operation):
            prepared = self.filled(operation, Preparation(user, made), recipe, alternative)
            if prepared.request in sent:
                continue  # a reading without a choice: it would fail again
            response = self.send_valid(prepared, alternative)
            if operation.method in SAFE and response.status == CONFLICT and self.jobs.pause():
                response = self.send_valid(prepared, alternative)
            if response.status == CONFLICT:
                response = self.states.tried(prepared, response)
            sent.append(prepared.request)
            if response.ok:
                self.recipes[self.key_of(operation, user)] = recipe
                return
            if response.status == VERSION_ASKED and operation.label not in self._versioned:
                self._versioned.add(operation.label)
                self._discover_recipe(operation, alternative, user)
                return
            responses[f"{prepared.request.path} answered {response.status}"] = None
            if user.is_learnt and response.status < SERVER_ERROR:  # it was refused: they are as new
                made |= {one.parameter: one.value for one in prepared.made}
        self.maker.kept.clear()
        if self.maker.turn_to_own(operation, user):  # an account that is somebody else's
            self._discover_recipe(operation, alternative, user)
            return
        raise NotPrepared(f"no request succeeded as {user.name}: {', '.join(responses)}")

    def known_recipes(self, operation: Operation) -> Iterator[PayloadRecipe]:
        """Yield ways to fill a request, those that worked for other users first."""
        name = operation.operation_id
        if operation.label in self.payloads.empty:
            yield lambda _user, _seed: RequestContent()
            return
        yield from dict.fromkeys(one for (key, _), one in self.recipes.items() if key == name)
        yield from self.payloads.recipes(operation)
        if operation.method not in SAFE and self.user_source.can_create_users:
            yield from about_others(operation, self.payloads, self.user_source)

    def send_valid(
        self, prepared: PreparedRequest, alternative: Alternative | None = None
    ) -> Response:
        """Send a prepared request with its valid credential, once renewed where that is refused."""
        if prepared.user.is_learnt:
            return self._renewal.send(prepared, alternative)
        response = self.sender.send(prepared.request, prepared.auth)
        if response.ok:
            self.note_success(prepared.request.operation, prepared.user, prepared.request)
        return response

    def note_read(self, prepared: PreparedRequest) -> None:
        """Take note of a read that succeeded: it tells whether its user's session is over."""
        self._renewal.note_read(prepared)

    def filled(
        self,
        operation: Operation,
        preparation: Preparation,
        recipe: PayloadRecipe,
        alternative: Alternative | None = None,
    ) -> PreparedRequest:
        """Fill a request in by a recipe, with objects that are made for it.

        Raises:
            NotPrepared: There is no credential, or an object cannot be made.
        """
        if preparation.depth == 0:
            raise NotPrepared(f"{operation.label} needs objects that need one another")
        auth = self.credential(operation, preparation.user, alternative)
        if operation.label in self.payloads.empty:
            return PreparedRequest(preparation.user, Request(operation), auth)
        values, made = dict(preparation.known), []
        for parameter in self.payloads.path_parameters(operation):
            name = str(parameter["name"])
            if name in values:
                continue
            creation = self.maker.for_path(operation, name, replace(preparation, known=values))
            if creation is not None:
                made.append(creation)
                values[name] = creation.value
            else:
                values[name] = self._known(operation, parameter, preparation.user)
        content = recipe(preparation.user, next(self._seeds))
        content = with_own_query(operation, content, preparation.user)
        values.update(content.path)
        body, held = object_body(content), tuple[Reference, ...]()
        if body is not None:
            body = with_own_identifiers(operation, body, preparation.user)
            body, held = with_held_things(
                body, preparation.user, lambda: self.user_source.other(preparation.user)
            )
            content = replace(content, body=body)
        content, references = self.maker.for_content(
            operation, content, replace(preparation, known=values)
        )
        content = with_version(
            operation, content, made, self.payloads, is_asked=operation.label in self._versioned
        )
        request = Request(operation, values, content)
        self._make_relation(request, preparation.user)
        if operation.label in self.states.known:
            self.states.bring(request, preparation.user)
        return PreparedRequest(preparation.user, request, auth, tuple(made), (*references, *held))

    def _make_relation(self, request: Request, user: User) -> None:
        """Before a liking or a following is taken back, make it."""
        made = relation_of(request, self.security.operations, self.payloads)
        if made is not None and user.is_learnt:
            with contextlib.suppress(NotPrepared):
                self.sender.send(made, self.credential(made.operation, user))

    def unproven(self, operation: Operation) -> Iterator[PreparedRequest]:
        """Yield requests that nobody saw succeed, by each way to fill them.

        Raises:
            NotPrepared: Nobody has a credential, or what it is about cannot be made.
        """
        reasons = []
        for user in self._requesters.of(operation):
            try:
                self._spare(operation, user, "")
                for recipe in self.known_recipes(operation):
                    yield self.filled(operation, Preparation(user), recipe)
            except NotPrepared as reason:
                reasons.append(str(reason))
            else:
                return
        raise NotPrepared("; ".join(dict.fromkeys(reasons)) or "there is nobody to try")

    def _known(self, operation: Operation, parameter: dict[str, Any], user: User) -> Any:
        """Return what a path parameter may be that nothing creates: the user, or an example.

        Raises:
            NotPrepared: Only an object that was there before could be meant.
        """
        name = str(parameter["name"])
        if user.is_learnt and user.is_lent and operation.method not in SAFE:
            user = self._requesters.instead_of(user) if names_account(operation, name) else user
        if (found := own_value(operation, name, user)) is not None:
            return found
        choices = self.payloads.resolve(parameter.get("schema", {})).get("enum")
        if choices:  # a version, a language: nobody's
            return choices[0]
        if user.is_learnt and operation.method not in SAFE and not self.safeguards.destructive:
            raise NotPrepared(f"no operation of the document creates what {{{name}}} names")
        return self.payloads.value_of(parameter)
