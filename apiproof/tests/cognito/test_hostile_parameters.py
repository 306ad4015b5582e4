"""No call is answered by a crash, whatever its members are: every operation, many odd values."""

import contextlib
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from botocore.compat import HTTPHeaders
from botocore.model import ListShape, MapShape, Shape, StructureShape

from apiproof.cognito import Cognito, PoolSettings
from apiproof.cognito.operations import Operations
from apiproof.cognito.operations.base import request_of
from apiproof.cognito.validation import operations
from tests.cognito.pools import PASSWORD

TARGET = "AWSCognitoIdentityProviderService"
ODD: list[Any] = [
    None, "", 0, -1, 2**63, 1.5, True, [], {}, [None], {"a": None}, "\0", "\ud800", "é" * 300,
    "a" * 70_000, "*", "\n",
]  # fmt: skip
TEXTS = ["abc", "email", "a@b.co", "https://a.example/", "12", "custom:x", "name"]
ROUNDS = 4


@pytest.fixture(scope="module")
def cognito() -> Iterator[Cognito]:
    settings = PoolSettings(hourly_limits=False, pool={"DeletionProtection": "ACTIVE"})
    with Cognito.start(settings) as cognito:
        yield cognito


def known(cognito: Cognito) -> dict[str, str]:
    """Give members that name what there is: a user and an app client, made anew."""
    aws, pool = cognito.client(), {"UserPoolId": cognito.user_pool_id}
    with contextlib.suppress(aws.exceptions.UserNotFoundException):
        aws.admin_delete_user(**pool, Username="ada")
    cognito.create_user("ada", "ada@example.com", PASSWORD)
    flows = {"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}
    client = aws.create_user_pool_client(**pool, ClientName="made", **flows)["UserPoolClient"]
    answer = aws.initiate_auth(
        ClientId=client["ClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
    )
    tokens = answer.get("AuthenticationResult", {})
    return {
        **pool,
        "ClientId": client["ClientId"],
        "Username": "ada",
        "AccessToken": tokens.get("AccessToken", "none"),
        "RefreshToken": tokens.get("RefreshToken", "none"),
        "Password": PASSWORD,
        "ResourceArn": aws.describe_user_pool(**pool)["UserPool"]["Arn"],
    }


class Calls:
    """Makes up the members of calls.

    Args:
        known: members that name what there is.
        random: draws what the others hold.
    """

    def __init__(self, known: dict[str, str], random: Random) -> None:
        self._known = known
        self._random = random

    def value(self, shape: Shape, name: str = "") -> Any:
        """Make up a value that the service model may take."""
        draw = self._random
        if name in self._known and shape.type_name == "string":
            return self._known[name]
        if isinstance(shape, StructureShape):
            return {
                each: self.value(member, each)
                for each, member in shape.members.items()
                if each in shape.required_members or draw.random() < 0.4
            }
        if isinstance(shape, ListShape):
            return [self.value(shape.member) for _ in range(draw.randrange(3))]
        if isinstance(shape, MapShape):
            return {"USERNAME": "ada", "k": self.value(shape.value)}
        numbers = [0, 1, 3, 7, 60] if shape.type_name != "string" else None
        plain = [True, False] if shape.type_name == "boolean" else numbers
        return draw.choice(plain or shape.metadata.get("enum") or TEXTS)

    def bodies(self, shape: Shape | None) -> Iterator[Any]:
        """Give bodies: nothing, all null, and such with an odd value somewhere."""
        if not isinstance(shape, StructureShape):
            yield {}
            return
        yield from ({}, dict.fromkeys(shape.members))
        for _ in range(ROUNDS):
            yield self.value(shape)
            body = self.value(shape)
            path = self._random.choice(list(paths(body)))
            yield replaced(body, path, self._random.choice(ODD))


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = enumerate(value) if isinstance(value, list) else ()
    for key, each in value.items() if isinstance(value, dict) else items:
        yield from paths(each, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    key, *rest = path
    changed = value.copy()
    changed[key] = replaced(value[key], tuple(rest), odd)
    return changed


@pytest.mark.parametrize("operation", sorted(operations()))
def test_no_members_crash_an_operation(cognito: Cognito, operation: str) -> None:
    calls = Calls(known(cognito), Random(operation))  # noqa: S311 - repeatable, not secret
    for body in calls.bodies(operations()[operation].input_shape):
        headers = HTTPHeaders.from_pairs([("X-Amz-Target", f"{TARGET}.{operation}")])
        call = request_of("http://localhost/", headers, json.dumps(body).encode())
        status, _, text = Operations(cognito._backend).answer(call)  # noqa: SLF001 - the crash
        answer = json.loads(text)
        assert status in {200, 400, 501}, (body, answer)
        assert isinstance(answer, dict), body
        assert status == 200 or answer["__type"], body
