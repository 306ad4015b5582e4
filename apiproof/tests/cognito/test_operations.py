"""Every operation of the service is done, or refused with a reason of its own."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.utils import camelcase_to_underscores

from apiproof.cognito import Cognito, PoolSettings
from apiproof.cognito.errors import UNSUPPORTED
from apiproof.cognito.operations import Operations
from apiproof.cognito.validation import operations
from tests.cognito.bench import Emulator
from tests.cognito.browser import Browser
from tests.cognito.made_pools import refused
from tests.cognito.oauth_pool import CALLBACK, CODE_CLIENT, MACHINE_CLIENT, OAuthPool
from tests.cognito.pools import PASSWORD
from tests.cognito.test_oauth2 import verified


def test_every_operation_is_done_or_refused() -> None:
    done = {name for name in operations() if hasattr(Operations, camelcase_to_underscores(name))}
    assert done.isdisjoint(UNSUPPORTED)
    assert done | set(UNSUPPORTED) == set(operations())
    assert len(done) > 62 + 50  # moto, cognito-local


def sample(shape: Shape | None) -> Any:
    """Give the least that the service model takes."""
    if isinstance(shape, StructureShape):
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if isinstance(shape, ListShape):
        return [sample(shape.member)]
    if isinstance(shape, MapShape):
        return {}
    if shape is None or shape.type_name == "string":
        return shape.metadata.get("enum", ["x" * 40])[0] if shape is not None else "x"
    return 1


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_refusal_names_operation_and_reason(name: str) -> None:
    with Cognito.start(http=True) as cognito:
        answer = requests.post(
            str(cognito.endpoint_url),
            headers={"X-Amz-Target": f"AWSCognitoIdentityProviderService.{name}"},
            json=sample(operations()[name].input_shape),
            timeout=5,
        )
    assert answer.status_code == 501
    document = answer.json()
    assert document["__type"] == "NotSupportedByEmulator"
    assert f"does not do {name}: {UNSUPPORTED[name]}." in document["message"]


# Client secrets and machines


def test_secrets_are_replaced_without_an_interruption(
    pool: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id, first = pool.another_client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
    named = {"UserPoolId": pool.id, "ClientId": client_id}
    added = pool.aws.add_user_pool_client_secret(**named)["ClientSecretDescriptor"]
    with refused("LimitExceededException"):
        pool.aws.add_user_pool_client_secret(**named)
    monkeypatch.setattr(pool, "client_id", client_id)
    for secret in (first, added["ClientSecretValue"]):
        monkeypatch.setattr(pool, "client_secret", secret)
        pool.sign_up(f"user-{secret[:5]}")
    listed = pool.aws.list_user_pool_client_secrets(**named)["ClientSecrets"]
    assert [each["ClientSecretId"] for each in listed][1] == added["ClientSecretId"]
    assert all("ClientSecretValue" not in each for each in listed)
    old = {"ClientSecretId": listed[0]["ClientSecretId"]}
    pool.aws.delete_user_pool_client_secret(**named, **old)
    with refused("ResourceNotFoundException"):
        pool.aws.delete_user_pool_client_secret(**named, **old)
    with refused("InvalidParameterException"):
        pool.aws.delete_user_pool_client_secret(**named, ClientSecretId=added["ClientSecretId"])
    monkeypatch.setattr(pool, "client_secret", first)
    with refused("NotAuthorizedException"):
        pool.sign_up("late")


@pytest.fixture(scope="module")
def machines() -> Any:
    with Cognito.start() as cognito:
        yield OAuthPool(cognito)


def test_machines_get_tokens_by_the_api(machines: OAuthPool) -> None:
    app = machines.app(**MACHINE_CLIENT)
    call = machines.aws.get_client_token
    result = call(ClientId=app.id, Secret=app.secret, Scopes=["api/read"])
    result = result["ClientAuthenticationResult"]
    assert verified(machines, result["AccessToken"])["scope"] == "api/read"
    assert (result["ExpiresIn"], result["TokenType"]) == (3600, "Bearer")
    with refused("NotAuthorizedException"):
        call(ClientId=app.id, Secret="wrong" * 6)
    with refused("InvalidParameterException"):
        call(ClientId=app.id, Secret=app.secret, Scopes=["api/admin"])
    other = machines.app(**CODE_CLIENT)
    with refused("UnsupportedOperationException"):
        call(ClientId=other.id, Secret=other.secret)


# Linking


@pytest.fixture
def google(pool: Emulator) -> Iterator[Emulator]:
    pool.aws.create_identity_provider(
        UserPoolId=pool.id,
        ProviderName="Google",
        ProviderType="Google",
        ProviderDetails={"client_id": "x", "client_secret": "x", "authorize_scopes": "openid"},
        IdpIdentifiers=["example.com"],
    )
    yield pool
    pool.aws.delete_identity_provider(UserPoolId=pool.id, ProviderName="Google")


def link(pool: Emulator, username: str, subject: str, provider: str = "Google") -> None:
    pool.aws.admin_link_provider_for_user(
        UserPoolId=pool.id,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": username},
        SourceUser={
            "ProviderName": provider,
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": subject,
        },
    )


def unlink(pool: Emulator, provider: str, value: str) -> None:
    user = {
        "ProviderName": provider,
        "ProviderAttributeName": "Cognito_Subject",
        "ProviderAttributeValue": value,
    }
    pool.aws.admin_disable_provider_for_user(UserPoolId=pool.id, User=user)


def test_identities_are_linked(google: Emulator) -> None:
    google.user("ada")
    google.user("bob")
    link(google, "ada", "g-1")
    [identity] = json.loads(google.attributes("ada")["identities"])
    assert (identity["providerName"], identity["userId"]) == ("Google", "g-1")
    assert identity["primary"] is False
    claims = google.claims(google.log_in("ada")["IdToken"])
    created = str(identity["dateCreated"])
    assert claims["identities"] == [identity | {"primary": "false", "dateCreated": created}]
    with pytest.raises(ClientError, match="SourceUser is already linked to DestinationUser"):
        link(google, "ada", "g-1")
    with refused("AliasExistsException"):
        link(google, "bob", "g-1")
    with refused("InvalidParameterException"):
        link(google, "bob", "f-1", provider="Facebook")
    unlink(google, "Google", "g-1")
    assert "identities" not in google.attributes("ada")
    with refused("UserNotFoundException"):
        unlink(google, "Google", "g-1")
    unlink(google, "Cognito", "ada")
    with refused("NotAuthorizedException"):
        google.log_in("ada")


def test_providers_are_found_by_identifier(google: Emulator) -> None:
    find = google.aws.get_identity_provider_by_identifier
    found = find(UserPoolId=google.id, IdpIdentifier="example.com")["IdentityProvider"]
    assert (found["ProviderName"], found["UserPoolId"]) == ("Google", google.id)
    with refused("ResourceNotFoundException"):
        find(UserPoolId=google.id, IdpIdentifier="example.org")
    client = {"UserPoolId": google.id, "ClientName": "x"}
    google.aws.create_user_pool_client(**client, SupportedIdentityProviders=["Google"])


# Sign-ins and second factors


def test_sign_ins_are_listed_and_ended(pool: Emulator) -> None:
    pool.user("ada")
    first, second = pool.log_in("ada"), pool.log_in("ada")
    token = second["AccessToken"]
    sessions = pool.aws.list_user_sessions(AccessToken=token)["Sessions"]
    assert [each["IsCurrentSession"] for each in sessions] == [False, True]
    assert {each["ClientId"] for each in sessions} == {pool.client_id}
    pool.aws.revoke_user_session(AccessToken=token, SessionId=sessions[0]["SessionId"])
    with refused("NotAuthorizedException"):
        pool.aws.get_user(AccessToken=first["AccessToken"])
    with refused("ResourceNotFoundException"):
        pool.aws.revoke_user_session(AccessToken=token, SessionId=sessions[0]["SessionId"])
    named = {"UserPoolId": pool.id, "Username": "ada"}
    [left] = pool.aws.admin_list_user_sessions(**named)["Sessions"]
    assert left["SessionId"] == sessions[1]["SessionId"]
    pool.aws.admin_revoke_user_session(**named, SessionId=left["SessionId"])
    with refused("NotAuthorizedException"):
        pool.aws.get_user(AccessToken=token)


def test_old_settings_turn_sms_on(pool: Emulator) -> None:
    pool.user("ada", phone_number="+15550100")
    pool.user("bob")
    sms = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    named = {"UserPoolId": pool.id, "Username": "ada"}

    def factors() -> list[str]:
        found: list[str] = pool.aws.admin_get_user(**named).get("UserMFASettingList", [])
        return found

    pool.aws.admin_set_user_settings(**named, MFAOptions=sms)
    assert factors() == ["SMS_MFA"]
    token = pool.log_in("ada")["AccessToken"]
    pool.aws.set_user_settings(AccessToken=token, MFAOptions=[])
    assert factors() == []
    with refused("InvalidParameterException"):
        pool.aws.admin_set_user_settings(UserPoolId=pool.id, Username="bob", MFAOptions=sms)


# Imports


def test_users_are_imported(pool: Emulator) -> None:
    pool.user("ada")
    aws, named = pool.aws, {"UserPoolId": pool.id}
    header = aws.get_csv_header(**named)["CSVHeader"]
    role = {"CloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/logs"}
    job = aws.create_user_import_job(**named, JobName="mine", **role)["UserImportJob"]
    job_id = {"JobId": job["JobId"]}
    with refused("PreconditionNotMetException"):
        aws.start_user_import_job(**named, **job_id)
    rows = [
        {"cognito:username": name, "email": f"{name}@example.com", "email_verified": "TRUE"}
        for name in ("ada", "bob", "carla")
    ] + [{"cognito:username": "dan", "email": "nonsense"}]
    lines = [",".join(header)] + [",".join(row.get(name, "") for name in header) for row in rows]
    requests.put(job["PreSignedUrl"], data="\n".join(lines), timeout=5).raise_for_status()
    done = aws.start_user_import_job(**named, **job_id)["UserImportJob"]
    counts = [done[f"{what}Users"] for what in ("Imported", "Skipped", "Failed")]
    assert (done["Status"], counts) == ("Succeeded", [2, 1, 1])
    assert pool.status("bob") == "RESET_REQUIRED"
    assert pool.attributes("bob")["email_verified"] == "TRUE"  # as it was given
    aws.forgot_password(**pool.app("bob"))
    aws.confirm_forgot_password(
        **pool.app("bob"), ConfirmationCode=pool.code("bob", "password-reset"), Password=PASSWORD
    )
    assert pool.log_in("bob")["AccessToken"]
    with refused("PreconditionNotMetException"):
        aws.stop_user_import_job(**named, **job_id)
    assert requests.put(job["PreSignedUrl"], data="x", timeout=5).status_code == 404


def test_unreadable_imports_fail(pool: Emulator) -> None:
    aws, named = pool.aws, {"UserPoolId": pool.id}
    role = {"CloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/logs"}
    job = aws.create_user_import_job(**named, JobName="mine", **role)["UserImportJob"]
    job_id = {"JobId": job["JobId"]}
    requests.put(job["PreSignedUrl"], data="a,b\n1,2", timeout=5).raise_for_status()
    done = aws.start_user_import_job(**named, **job_id)["UserImportJob"]
    assert done["Status"] == "Failed"
    assert "GetCSVHeader" in done["CompletionMessage"]
    assert aws.describe_user_import_job(**named, **job_id)["UserImportJob"]["Status"] == "Failed"
    other = aws.create_user_import_job(**named, JobName="other", **role)["UserImportJob"]
    stopped = aws.stop_user_import_job(**named, JobId=other["JobId"])["UserImportJob"]
    assert stopped["Status"] == "Stopped"
    listed = aws.list_user_import_jobs(**named, MaxResults=2)["UserImportJobs"]
    assert [each["JobName"] for each in listed] == ["other", "mine"]
    with refused("ResourceNotFoundException"):
        aws.describe_user_import_job(**named, JobId="import-unheard")


# What the page looks like


def test_page_has_css_and_terms(machines: OAuthPool) -> None:
    app = machines.app(secret=False, **CODE_CLIENT)
    aws, named = machines.aws, {"UserPoolId": machines.cognito.user_pool_id}
    of_client = named | {"ClientId": app.id}
    with pytest.raises(ClientError, match="A domain must be associated"):
        aws.set_ui_customization(**named, CSS="")
    aws.create_user_pool_domain(**named, Domain="page")
    with pytest.raises(ClientError, match="The CSS class h1 is not in the list"):
        aws.set_ui_customization(**named, CSS="h1 { color: red; }")
    css = ".submitButton-customizable { color: #123456; } </style><script>"
    aws.set_ui_customization(**named, CSS=".logo-customizable { color: #abcdef; }")
    assert "#abcdef" in aws.get_ui_customization(**of_client)["UICustomization"]["CSS"]
    aws.set_ui_customization(**of_client, CSS=css, ImageFile=b"a logo")
    assert aws.get_ui_customization(**of_client)["UICustomization"]["CSS"] == css
    links = {"Links": {"cognito:default": "https://example.com/terms"}}
    terms = {"TermsName": "terms-of-use", "TermsSource": "LINK", "Enforcement": "NONE"}
    made = aws.create_terms(**of_client, **terms, **links)["Terms"]
    asked = {
        "client_id": app.id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
    }
    answer = requests.get(f"{machines.base_url}/login", params=asked, timeout=5)
    assert "#123456" in answer.text
    assert "<script" not in answer.text
    assert 'src="data:image/png;base64,YSBsb2dv"' in answer.text
    assert 'href="https://example.com/terms"' in answer.text
    assert Browser(machines.base_url).visit("/login", **asked).title == "Sign in"
    aws.delete_terms(**named, TermsId=made["TermsId"])
    assert "terms" not in requests.get(f"{machines.base_url}/login", params=asked, timeout=5).text


def test_terms(machines: OAuthPool) -> None:
    app = machines.app()
    aws, named = machines.aws, {"UserPoolId": machines.cognito.user_pool_id}
    of_client = named | {"ClientId": app.id}
    terms = {"TermsName": "privacy-policy", "TermsSource": "LINK", "Enforcement": "NONE"}
    made = aws.create_terms(**of_client, **terms)["Terms"]
    terms_id = {"TermsId": made["TermsId"]}
    with refused("TermsExistsException"):
        aws.create_terms(**of_client, **terms)
    url = "https://example.com/new"
    aws.update_terms(**named, **terms_id, Links={"cognito:default": url})
    shown = aws.describe_terms(**named, **terms_id)["Terms"]
    assert shown["Links"] == {"cognito:default": url}
    by_client = aws.describe_terms_by_client(**of_client, TermsName="privacy-policy")["Terms"]
    assert by_client == shown
    assert made["TermsId"] in {each["TermsId"] for each in aws.list_terms(**named)["Terms"]}
    aws.delete_terms(**named, **terms_id)
    with refused("ResourceNotFoundException"):
        aws.describe_terms(**named, **terms_id)


def test_branding(machines: OAuthPool) -> None:
    app = machines.app()
    aws, named = machines.aws, {"UserPoolId": machines.cognito.user_pool_id}
    of_client = named | {"ClientId": app.id}
    made = aws.create_managed_login_branding(**of_client, UseCognitoProvidedValues=True)
    branding_id = {"ManagedLoginBrandingId": made["ManagedLoginBranding"]["ManagedLoginBrandingId"]}
    with refused("ManagedLoginBrandingExistsException"):
        aws.create_managed_login_branding(**of_client, UseCognitoProvidedValues=True)
    aws.update_managed_login_branding(**named, **branding_id, UseCognitoProvidedValues=False)
    shown = aws.describe_managed_login_branding(**named, **branding_id)["ManagedLoginBranding"]
    assert shown["UseCognitoProvidedValues"] is False
    by_client = aws.describe_managed_login_branding_by_client(**of_client)
    assert by_client["ManagedLoginBranding"] == shown
    aws.delete_managed_login_branding(**named, **branding_id)
    with refused("ResourceNotFoundException"):
        aws.describe_managed_login_branding_by_client(**of_client)


# What other services have to do with a pool


def test_certificate_and_logs(pool: Emulator) -> None:
    named = {"UserPoolId": pool.id}
    assert pool.aws.get_signing_certificate(**named)["Certificate"].startswith("MI")
    wanted = [{"LogLevel": "ERROR", "EventSource": "userNotification"}]
    pool.aws.set_log_delivery_configuration(**named, LogConfigurations=wanted)
    answer = pool.aws.get_log_delivery_configuration(**named)
    assert answer["LogDeliveryConfiguration"]["LogConfigurations"] == wanted


def test_risks_need_the_add_on(pool: Emulator) -> None:
    pool.user("ada")
    event = {"EventId": "x", "FeedbackValue": "Valid"}
    named = {"UserPoolId": pool.id, "Username": "ada"}
    aws = pool.aws
    calls: list[Any] = [
        lambda: aws.describe_risk_configuration(UserPoolId=pool.id),
        lambda: aws.set_risk_configuration(UserPoolId=pool.id),
        lambda: aws.admin_list_user_auth_events(**named),
        lambda: aws.admin_update_auth_event_feedback(**named, **event),
        lambda: aws.update_auth_event_feedback(**named, **event, FeedbackToken="x"),
    ]
    for call in calls:
        with refused("UserPoolAddOnNotEnabledException"):
            call()


def test_audited_pools_say_that_no_risk_is_assessed() -> None:
    audited = {"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}
    with Cognito.start(PoolSettings(pool=audited)) as cognito, refused("NotSupportedByEmulator"):
        cognito.client().describe_risk_configuration(UserPoolId=cognito.user_pool_id)


def test_pool_with_a_domain_is_not_deleted(pool: Emulator) -> None:
    aws = pool.aws
    made = aws.create_user_pool(PoolName="other")["UserPool"]["Id"]
    aws.create_user_pool_domain(Domain="mine", UserPoolId=made)
    with pytest.raises(ClientError, match="domain configured that should be deleted first"):
        aws.delete_user_pool(UserPoolId=made)
    aws.delete_user_pool_domain(Domain="mine", UserPoolId=made)
    aws.delete_user_pool(UserPoolId=made)
