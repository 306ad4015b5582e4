"""One emulator over HTTP has pools in any region, which know nothing of each other, as at AWS.

The region is the one that a call is signed for. Only calls of app clients aren't signed.
"""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from apiproof.cognito import Cognito, PoolSettings
from apiproof.cognito.botocore_hook import make_client
from apiproof.cognito.settings import ISSUER_IS_ENDPOINT
from tests.cognito.pools import PASSWORD

FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@pytest.fixture(scope="module")
def cognito() -> Iterator[Cognito]:
    with Cognito.start(PoolSettings(client_secret=False), http=True) as cognito:
        yield cognito


def function(region: str) -> dict[str, str]:
    return {"PreSignUp": f"arn:aws:lambda:{region}:123456789012:function:f"}


class Region:
    """A region with a pool of its own."""

    def __init__(self, cognito: Cognito, name: str) -> None:
        self.aws = make_client(name, cognito.endpoint_url)
        self.pool = self.aws.create_user_pool(PoolName=name)["UserPool"]
        self.id = self.pool["Id"]
        self.client_id = self.aws.create_user_pool_client(
            UserPoolId=self.id, ClientName="app", ExplicitAuthFlows=FLOWS
        )["UserPoolClient"]["ClientId"]

    def tokens(self) -> dict[str, Any]:
        ada = {"UserPoolId": self.id, "Username": "ada"}
        self.aws.admin_create_user(**ada, MessageAction="SUPPRESS")
        self.aws.admin_set_user_password(**ada, Password=PASSWORD, Permanent=True)
        result: dict[str, Any] = self.aws.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        return result

    def listed(self) -> list[str]:
        return [pool["Id"] for pool in self.aws.list_user_pools(MaxResults=60)["UserPools"]]


@pytest.mark.parametrize(
    ("name", "partition"),
    [("eu-west-1", "aws"), ("ap-southeast-2", "aws"), ("us-gov-west-1", "aws-us-gov")],
)
def test_pool_is_of_the_callers_region(cognito: Cognito, name: str, partition: str) -> None:
    region = Region(cognito, name)
    assert region.id.startswith(f"{name}_")
    arn = f"arn:{partition}:cognito-idp:{name}:123456789012:userpool/{region.id}"
    assert region.pool["Arn"] == arn
    issuer = f"https://cognito-idp.{name}.amazonaws.com/{region.id}"
    token = region.tokens()["IdToken"]
    keys = jwt.PyJWKClient(f"{cognito.endpoint_url}/{region.id}/.well-known/jwks.json")
    key = keys.get_signing_key_from_jwt(token).key
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=region.client_id, issuer=issuer)
    assert claims["cognito:username"] == "ada"


def test_another_region_knows_no_pool_of_it(cognito: Cognito) -> None:
    here, there = Region(cognito, "eu-central-1"), Region(cognito, "sa-east-1")
    assert here.id in here.listed()
    assert here.id not in there.listed()
    assert cognito.user_pool_id not in there.listed()
    for pool_id in (here.id, cognito.user_pool_id):
        with pytest.raises(there.aws.exceptions.ResourceNotFoundException) as caught:
            there.aws.list_users(UserPoolId=pool_id)
        assert f"User pool {pool_id} does not exist." in str(caught.value)
    with pytest.raises(there.aws.exceptions.ResourceNotFoundException):
        there.aws.list_tags_for_resource(ResourceArn=here.pool["Arn"])
    assert here.aws.list_tags_for_resource(ResourceArn=here.pool["Arn"])["Tags"] == {}


def test_app_clients_need_no_region(cognito: Cognito) -> None:
    here, there = Region(cognito, "eu-north-1"), Region(cognito, "us-west-2")
    access = here.tokens()["AccessToken"]
    assert there.aws.get_user(AccessToken=access)["Username"] == "ada"


def test_unsigned_call_reaches_every_region(cognito: Cognito) -> None:
    region = Region(cognito, "eu-west-2")
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{cognito.endpoint_url}/",
        json.dumps({"UserPoolId": region.id}).encode(),
        {"X-Amz-Target": "AWSCognitoIdentityProviderService.DescribeUserPool"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - loopback
        assert json.load(answer)["UserPool"]["Id"] == region.id


def test_triggers_are_of_the_pools_region(cognito: Cognito) -> None:
    region = Region(cognito, "eu-west-3")
    region.aws.update_user_pool(UserPoolId=region.id, LambdaConfig=function("eu-west-3"))
    region.aws.create_user_pool(PoolName="another", LambdaConfig=function("eu-west-3"))
    for refused in (
        {"UserPoolId": region.id, "LambdaConfig": function("us-east-1")},
        {"PoolName": "third", "LambdaConfig": function("us-east-1")},
    ):
        call = "update_user_pool" if "UserPoolId" in refused else "create_user_pool"
        with pytest.raises(region.aws.exceptions.InvalidParameterException):
            getattr(region.aws, call)(**refused)


def test_a_prefix_is_free_in_every_region_but_a_name_of_ones_own_is_not(cognito: Cognito) -> None:
    regions = [Region(cognito, name) for name in ("us-east-2", "ca-central-1")]
    for region in regions:
        region.aws.create_user_pool_domain(UserPoolId=region.id, Domain="shop")
    for region in regions:
        shown = region.aws.describe_user_pool_domain(Domain="shop")["DomainDescription"]
        assert shown["UserPoolId"] == region.id
        assert region.aws.describe_user_pool(UserPoolId=region.id)["UserPool"]["Domain"] == "shop"
    certificate = (
        "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000001"
    )
    own = {"Domain": "auth.shop.example", "CustomDomainConfig": {"CertificateArn": certificate}}
    regions[0].aws.create_user_pool_domain(UserPoolId=regions[0].id, **own)
    with pytest.raises(regions[1].aws.exceptions.InvalidParameterException):
        regions[1].aws.create_user_pool_domain(UserPoolId=regions[1].id, **own)


def test_issuer_of_the_settings_holds_for_every_region() -> None:
    settings = PoolSettings(client_secret=False, issuer=ISSUER_IS_ENDPOINT)
    with Cognito.start(settings, http=True) as cognito:
        region = Region(cognito, "ap-south-1")
        issuer = f"{cognito.endpoint_url}/{region.id}"
        claims = jwt.decode(region.tokens()["IdToken"], options={"verify_signature": False})
        assert claims["iss"] == issuer
        document = f"{issuer}/.well-known/openid-configuration"
        with urllib.request.urlopen(document, timeout=5) as answer:  # noqa: S310 - loopback
            assert json.load(answer)["issuer"] == issuer


def test_arn_has_the_id_that_was_asked_for() -> None:
    with Cognito.start(PoolSettings(user_pool_id="us-east-1_Local1234")) as cognito:
        aws = cognito.client()
        pool = aws.describe_user_pool(UserPoolId="us-east-1_Local1234")["UserPool"]
        assert pool["Arn"].endswith(":userpool/us-east-1_Local1234")
