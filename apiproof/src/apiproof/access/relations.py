"""Relations between people and objects: a following, a liking; made at one path, and taken back."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from apiproof.access.http import Request, RequestContent
from apiproof.access.own_identifiers import names_person, own_value
from apiproof.access.payloads import PayloadRecipe, PayloadSource
from apiproof.access.resources import adds_to
from apiproof.access.users import User, UserSource
from apiproof.openapi.document import Operation


def about_others(
    operation: Operation, payloads: PayloadSource, user_source: UserSource
) -> Iterator[PayloadRecipe]:
    """Yield a way to name another account of the run's own: nobody follows themselves.

    Args:
        operation: What is below a person: `/profiles/{username}/follow`.
        payloads: What its body may hold.
        user_source: Knows other accounts.
    """
    people = [name for name in operation.path_parameters if names_person(operation, name)]
    if not people or not adds_to(operation):
        return
    first = next(iter(payloads.recipes(operation)))

    def about_other(user: User, seed: int) -> RequestContent:
        other = user if user.is_lent else user_source.other(user)
        named = {name: own_value(operation, name, other) for name in people}
        return replace(first(user, seed), path=named)

    yield about_other


def relation_of(
    request: Request, operations: Iterable[Operation], payloads: PayloadSource
) -> Request | None:
    """Return what makes that which a DELETE takes back: a POST or PUT at its very path.

    Args:
        request: A request.
        operations: The document's.
        payloads: What bodies may hold.
    """
    operation = request.operation
    if operation.method != "DELETE" or not adds_to(operation):
        return None
    for maker in operations:
        if maker.path == operation.path and maker.method in {"POST", "PUT"}:
            content = next(iter(payloads.recipes(maker)))(User(""), 0)
            return Request(maker, request.values, content)
    return None
