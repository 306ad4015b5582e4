"""What is shown of settings after their creation, change and removal, as tools compare it.

Where no test names another source, the answers are those that the acceptance tests of Terraform's
provider (terraform-provider-aws, internal/service/cognitoidp) expect of AWS, on which they run.
"""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiproof.cognito import Cognito

ROLE = "arn:aws:iam::123456789012:role/r"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-00000000000"
GOOGLE = {"client_id": "a", "client_secret": "b", "authorize_scopes": "email"}
SSO, SLO = "https://idp.example/redirect", "https://idp.example/out"
METADATA = f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="i">
<md:IDPSSODescriptor>
<md:SingleLogoutService Location="{SLO}"
 Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"/>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="post"/>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="{SSO}"/></md:IDPSSODescriptor></md:EntityDescriptor>"""
# What `DescribeUserPool` shows and `UpdateUserPool` doesn't take, besides the empty ones.
ONLY_SHOWN = {
    "AliasAttributes", "Arn", "CreationDate", "EstimatedNumberOfUsers", "Id", "LastModifiedDate",
    "Name", "SchemaAttributes", "Status", "UsernameAttributes", "UsernameConfiguration",
}  # fmt: skip


@pytest.fixture(scope="module")
def cognito() -> Iterator[Cognito]:
    with Cognito.start() as cognito:
        yield cognito


@pytest.fixture
def aws(cognito: Cognito) -> Any:
    return cognito.client()


@pytest.fixture
def pool(aws: Any) -> dict[str, str]:
    return {"UserPoolId": aws.create_user_pool(PoolName="pool")["UserPool"]["Id"]}


def refusal(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Message"])


@pytest.mark.parametrize(
    ("kind", "username"), [("Google", "sub"), ("Facebook", "id"), ("LoginWithAmazon", "user_id")]
)
def test_a_new_provider_maps_the_username(
    aws: Any, pool: dict[str, str], kind: str, username: str
) -> None:
    named = {"ProviderName": kind, "ProviderType": kind, "ProviderDetails": GOOGLE}
    made = aws.create_identity_provider(**pool, **named)["IdentityProvider"]
    assert made["AttributeMapping"] == {"username": username}


def test_a_given_mapping_is_shown_as_it_is(aws: Any, pool: dict[str, str]) -> None:
    google = {"ProviderName": "Google", "ProviderType": "Google", "ProviderDetails": GOOGLE}
    mapping = {"AttributeMapping": {"email": "email"}}
    made = aws.create_identity_provider(**pool, **google, **mapping)["IdentityProvider"]
    assert made.items() >= mapping.items()


def test_first_factor_of_a_new_pool(aws: Any, pool: dict[str, str]) -> None:
    factors = {"AllowedFirstAuthFactors": ["PASSWORD"]}
    assert aws.describe_user_pool(**pool)["UserPool"]["Policies"]["SignInPolicy"] == factors
    lite = aws.create_user_pool(PoolName="lite", UserPoolTier="LITE")["UserPool"]
    assert "SignInPolicy" not in lite["Policies"]


@pytest.mark.parametrize("wanted", ["ON", "OPTIONAL", "OFF"])
def test_a_pool_shows_the_mfa_that_was_set_later(aws: Any, wanted: str) -> None:
    pool = {
        "UserPoolId": aws.create_user_pool(PoolName="p", MfaConfiguration="OFF")["UserPool"]["Id"]
    }
    token = {} if wanted == "OFF" else {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    aws.set_user_pool_mfa_config(**pool, MfaConfiguration=wanted, **token)
    assert aws.describe_user_pool(**pool)["UserPool"]["MfaConfiguration"] == wanted


def test_what_is_described_is_an_update_that_changes_nothing(aws: Any) -> None:
    """So the Serverless Framework adds its triggers to a pool (its customResources)."""
    given: dict[str, Any] = {
        "AutoVerifiedAttributes": ["email"],
        "UsernameAttributes": ["email"],
        "EmailVerificationMessage": "Code {####}",
        "UserPoolTags": {"a": "b"},
        "DeletionProtection": "ACTIVE",
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True},
    }
    policy = {"PasswordPolicy": {"MinimumLength": 10, "RequireNumbers": True}}
    made = aws.create_user_pool(PoolName="pool", Policies=policy, **given)["UserPool"]
    pool = {"UserPoolId": made["Id"]}
    before = aws.describe_user_pool(**pool)["UserPool"]
    assert before | given == before
    assert before["Policies"]["PasswordPolicy"].items() >= policy["PasswordPolicy"].items()
    aws.update_user_pool(**pool, **{n: it for n, it in before.items() if n not in ONLY_SHOWN})
    after = aws.describe_user_pool(**pool)["UserPool"]
    assert after | {"LastModifiedDate": None} == before | {"LastModifiedDate": None}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, {}),
        (
            {"AccessToken": "days"},
            {"AccessToken": "days", "IdToken": "hours", "RefreshToken": "days"},
        ),
        (
            {"RefreshToken": "hours"},
            {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "hours"},
        ),
    ],
)
def test_units_are_shown_all_or_not_at_all(
    aws: Any, pool: dict[str, str], given: dict[str, str], shown: dict[str, str]
) -> None:
    client = aws.create_user_pool_client(**pool, ClientName="c", TokenValidityUnits=given)
    assert client["UserPoolClient"]["TokenValidityUnits"] == shown


def test_analytics_show_the_role_of_the_service(aws: Any, pool: dict[str, str]) -> None:
    arn = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef"
    client = aws.create_user_pool_client(
        **pool, ClientName="c", AnalyticsConfiguration={"ApplicationArn": arn}
    )["UserPoolClient"]
    shown = client["AnalyticsConfiguration"]
    assert shown["UserDataShared"] is False
    assert shown["RoleArn"].endswith("cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdp")
    # What is shown may be sent again.
    again = aws.update_user_pool_client(
        **pool, ClientId=client["ClientId"], AnalyticsConfiguration=shown
    )["UserPoolClient"]
    assert again["AnalyticsConfiguration"] == shown
    own = {"ApplicationId": "0123456789abcdef", "RoleArn": ROLE, "ExternalId": "x"}
    client = aws.create_user_pool_client(**pool, ClientName="d", AnalyticsConfiguration=own)
    assert client["UserPoolClient"]["AnalyticsConfiguration"] == own | {"UserDataShared": False}


def test_changed_provider_shows_what_cognito_knows(aws: Any, pool: dict[str, str]) -> None:
    named = pool | {"ProviderName": "Google"}
    aws.create_identity_provider(**named, ProviderType="Google", ProviderDetails=GOOGLE)
    details = GOOGLE | {"client_id": "new"}
    aws.update_identity_provider(**named, ProviderDetails=details)
    shown = aws.describe_identity_provider(**named)["IdentityProvider"]["ProviderDetails"]
    assert shown.items() > details.items()
    assert len(shown) == 9


@pytest.mark.parametrize(
    ("given", "addresses"),
    [
        ({}, {"SSORedirectBindingURI": SSO}),
        ({"IDPSignout": "true"}, {"SSORedirectBindingURI": SSO, "SLORedirectBindingURI": SLO}),
    ],
)
def test_saml_shows_addresses_and_certificate(
    aws: Any, pool: dict[str, str], given: dict[str, str], addresses: dict[str, str]
) -> None:
    named, details = pool | {"ProviderName": "saml"}, given | {"MetadataFile": METADATA}
    aws.create_identity_provider(**named, ProviderType="SAML", ProviderDetails=details)
    shown = aws.describe_identity_provider(**named)["IdentityProvider"]["ProviderDetails"]
    certificate = shown.pop("ActiveEncryptionCertificate")
    assert base64.b64decode(certificate, validate=True)[:1] == b"0"  # a DER sequence
    assert shown == details | addresses
    # It is not to be sent again (terraform-provider-aws#36311).
    wrong = details | {"ActiveEncryptionCertificate": certificate}
    for call, kind in (
        (aws.update_identity_provider, {}),
        (aws.create_identity_provider, {"ProviderType": "SAML"}),
    ):
        again = named | ({"ProviderName": "saml2"} if kind else {})
        with pytest.raises(ClientError) as error:
            call(**again, **kind, ProviderDetails=wrong)
        assert refusal(error) == (
            "ActiveEncryptionCertificate is not a valid key for SAML identity provider details."
        )


def test_domain_is_described_whole(aws: Any, pool: dict[str, str]) -> None:
    aws.create_user_pool_domain(**pool, Domain="described")
    shown = aws.describe_user_pool_domain(Domain="described")["DomainDescription"]
    assert all(shown[name] for name in ("S3Bucket", "Version", "CloudFrontDistribution"))
    own = {"CertificateArn": f"{CERTIFICATE}1"}
    with pytest.raises(ClientError) as error:  # aws-cdk#25712
        aws.update_user_pool_domain(**pool, Domain="described", CustomDomainConfig=own)
    assert "should have a custom domain associated" in refusal(error)


def test_new_certificate_leaves_the_address_of_a_custom_domain(
    aws: Any, pool: dict[str, str]
) -> None:
    domain = pool | {"Domain": "auth.described.example"}
    first, second = ({"CertificateArn": f"{CERTIFICATE}{number}"} for number in (1, 2))
    made = aws.create_user_pool_domain(**domain, CustomDomainConfig=first)["CloudFrontDomain"]
    changed = aws.update_user_pool_domain(**domain, CustomDomainConfig=second)
    assert changed["CloudFrontDomain"] == made
    with pytest.raises(ClientError) as error:  # terraform-provider-aws#43252
        aws.update_user_pool_domain(**domain, ManagedLoginVersion=2)
    assert refusal(error) == "Cannot convert custom domain to prefix domain."


def test_customization_is_deleted_by_one_without_anything(aws: Any, pool: dict[str, str]) -> None:
    def shown() -> Any:
        return aws.get_ui_customization(**pool, ClientId="ALL")["UICustomization"]

    assert shown() == {}
    aws.create_user_pool_domain(**pool, Domain="customized")
    css = ".label-customizable {font-weight: 400;}"
    aws.set_ui_customization(**pool, ClientId="ALL", CSS=css)
    assert shown()["CSS"] == css
    aws.set_ui_customization(**pool, ClientId="ALL")
    assert shown() == {}


def test_branding_is_replaced(aws: Any, pool: dict[str, str]) -> None:
    client_id = aws.create_user_pool_client(**pool, ClientName="c")["UserPoolClient"]["ClientId"]
    kind = {"Category": "PAGE_FOOTER_BACKGROUND", "ColorMode": "DARK", "Extension": "SVG"}
    asset = kind | {"Bytes": b"<svg/>"}
    made = aws.create_managed_login_branding(
        **pool, ClientId=client_id, Settings={"a": {"b": [1]}}, Assets=[asset]
    )["ManagedLoginBranding"]
    assert made["Assets"] == [asset]
    assert made["Settings"] == {"a": {"b": [1]}}
    named = pool | {"ManagedLoginBrandingId": made["ManagedLoginBrandingId"]}
    aws.update_managed_login_branding(**named, UseCognitoProvidedValues=True)
    shown = aws.describe_managed_login_branding_by_client(**pool, ClientId=client_id)
    replaced = shown["ManagedLoginBranding"]
    dates = {name: replaced.pop(name) for name in ("CreationDate", "LastModifiedDate")}
    assert replaced == named | {"UseCognitoProvidedValues": True}
    assert dates["CreationDate"] == made["CreationDate"]
    with pytest.raises(aws.exceptions.InvalidParameterException):
        aws.update_managed_login_branding(
            **named, UseCognitoProvidedValues=True, Settings={"a": {}}
        )


def test_jobs_and_terms_come_in_pages(aws: Any, pool: dict[str, str]) -> None:
    """Their members for tokens are in the service model."""
    for number in range(3):
        aws.create_user_import_job(**pool, JobName=f"j{number}", CloudWatchLogsRoleArn=ROLE)
        client = aws.create_user_pool_client(**pool, ClientName=f"c{number}")["UserPoolClient"]
        aws.create_terms(
            **pool,
            ClientId=client["ClientId"],
            TermsName="terms-of-use",
            TermsSource="LINK",
            Enforcement="NONE",
        )
    for call, member, token, key in (
        (aws.list_user_import_jobs, "UserImportJobs", "PaginationToken", "JobId"),
        (aws.list_terms, "Terms", "NextToken", "TermsId"),
    ):
        first = call(**pool, MaxResults=2)
        second = call(**pool, MaxResults=2, **{token: first[token]})
        assert [len(page[member]) for page in (first, second)] == [2, 1]
        assert len({each[key] for page in (first, second) for each in page[member]}) == 3
        assert token not in second
        with pytest.raises(aws.exceptions.InvalidParameterException):
            call(**pool, MaxResults=2, **{token: "nonsense"})
