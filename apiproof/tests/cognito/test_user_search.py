"""The filter of ListUsers (API reference, ListUsers, `Filter`)."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from apiproof.cognito import Cognito


@pytest.fixture(scope="module")
def cognito() -> Iterator[Cognito]:
    with Cognito.start() as cognito:
        yield cognito


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('username = "ada"', ["ada"]),
        ('username^="a"', ["ada", "al"]),
        ('"username" = "ada"', ["ada"]),
        (r'name = "Ada \"the\" First"', ["ada"]),
        (r'name = "back\\slash"', ["al"]),
        ('status = "Enabled"', ["ada", "al", "bob"]),
        ('cognito:user_status = "force_change_password"', ["ada", "al", "bob"]),
        ("  ", ["ada", "al", "bob"]),
        ('family_name = ""', []),
    ],
)
def test_search(cognito: Cognito, text: str, found: list[str]) -> None:
    aws = cognito.client()
    pool = {"UserPoolId": aws.create_user_pool(PoolName="search")["UserPool"]["Id"]}
    for user, name in (("ada", 'Ada "the" First'), ("al", "back\\slash"), ("bob", "Bob")):
        named = [{"Name": "name", "Value": name}]
        aws.admin_create_user(**pool, Username=user, UserAttributes=named)
    users = aws.list_users(**pool, Filter=text)["Users"]
    assert sorted(user["Username"] for user in users) == found


@pytest.mark.parametrize(
    "text", ['name = "x" and email = "y"', "name = x", 'name != "x"', 'name = "a"b"', "name =", "x"]
)
def test_search_is_refused(cognito: Cognito, text: str) -> None:
    with pytest.raises(ClientError, match=r"\(InvalidParameterException\).*while parsing filter"):
        cognito.client().list_users(UserPoolId=cognito.user_pool_id, Filter=text)


def test_a_token_is_good_for_its_filter_alone(cognito: Cognito) -> None:
    """As AWS refuses it: "Paging Marker is Invalid for Request" (aws-sdk-js#3705)."""
    aws = cognito.client()
    pool = {"UserPoolId": aws.create_user_pool(PoolName="pages")["UserPool"]["Id"]}
    for number in range(4):
        aws.admin_create_user(**pool, Username=f"ada{number}")
    page = {"Filter": 'username ^= "ada"', "Limit": 2}
    first = aws.list_users(**pool, **page)
    token = first["PaginationToken"]
    second = aws.list_users(**pool, **page, PaginationToken=token)
    names = [user["Username"] for user in first["Users"] + second["Users"]]
    assert sorted(names) == ["ada0", "ada1", "ada2", "ada3"]
    assert "PaginationToken" not in second
    for other in ({"Filter": 'username ^= "a"'}, {}):
        with pytest.raises(aws.exceptions.InvalidParameterException):
            aws.list_users(**pool, Limit=2, PaginationToken=token, **other)
