"""What users of other emulators of Cognito have reported, each with the answer of this one.

Every test runs on a pool that the kit made and on one that CreateUserPool made.
"""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError

from tests.cognito.bench import Emulator
from tests.cognito.made_pools import Maker, attributes, make, refused
from tests.cognito.pools import PASSWORD
from tests.cognito.srp_client import SrpClient

__all__ = ["make"]  # the fixture

SRP = {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"]}
PHONE = "+15550100"
ROLE = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"}


def srp(pool: Emulator, password: str = PASSWORD) -> Any:
    """Sign Ada in by SRP, as Amplify does; gives the answer to her proof."""
    client = SrpClient(pool.id, password)
    asked = pool.aws.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "ada", "SRP_A": client.srp_a},
    )
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    return pool.aws.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=client.answer(asked["ChallengeParameters"]),
    )


def by_admin(pool: Emulator) -> Any:
    return pool.aws.admin_initiate_auth(
        UserPoolId=pool.id,
        ClientId=pool.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
    )


def test_srp_signs_in(make: Maker) -> None:
    """cognito-local#473: USER_SRP_AUTH is not supported."""
    pool = make(client=SRP)
    pool.user("ada")
    assert pool.verified(srp(pool)["AuthenticationResult"]["AccessToken"])["username"] == "ada"


def test_srp_refuses_wrong_passwords(make: Maker) -> None:
    """floci#284: with USER_SRP_AUTH, any password succeeds."""
    pool = make(client=SRP)
    pool.user("ada")
    with refused("NotAuthorizedException"):
        srp(pool, f"{PASSWORD}x")
    assert "AuthenticationResult" in srp(pool)


def test_srp_asks_for_the_code_by_sms(make: Maker) -> None:
    """localstack#13400: USER_SRP_AUTH neither asks for SMS_MFA nor sends the code."""
    pool = make({"MfaConfiguration": "OPTIONAL", "SmsConfiguration": ROLE}, SRP)
    pool.user("ada", phone_number=PHONE)
    pool.set("ada", phone_number_verified="true")
    pool.aws.admin_set_user_mfa_preference(
        UserPoolId=pool.id, Username="ada", SMSMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    for begin in (srp, by_admin):
        challenge = begin(pool)
        assert challenge["ChallengeName"] == "SMS_MFA"
        message = pool.cognito.outbox.last("ada", "sign-in")
        assert message.destination == PHONE
        done = pool.aws.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName="SMS_MFA",
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": "ada", "SMS_MFA_CODE": message.code},
        )
        assert "AuthenticationResult" in done


def test_every_flow_asks_for_the_authenticator_app(make: Maker) -> None:
    """localstack#13858: tokens at once, though an authenticator app is set up and preferred."""
    pool = make(client=SRP)
    pool.user("ada")
    pool.aws.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        SoftwareTokenMfaConfiguration={"Enabled": True},
        MfaConfiguration="OPTIONAL",
    )
    token = srp(pool)["AuthenticationResult"]["AccessToken"]
    secret = pool.aws.associate_software_token(AccessToken=token)["SecretCode"]
    app = pyotp.TOTP(secret)
    pool.aws.verify_software_token(AccessToken=token, UserCode=app.now())
    pool.aws.admin_set_user_mfa_preference(
        UserPoolId=pool.id,
        Username="ada",
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    for challenge in (srp(pool), by_admin(pool)):
        assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        assert "AuthenticationResult" not in challenge


def test_terraform_reads_the_pool(make: Maker) -> None:
    """floci#177: Terraform's provider crashes, as members it reads without a look are missing."""
    sign_in = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}}
    for settings in ({}, {"Policies": sign_in}):
        pool = make(settings)
        found = pool.aws.describe_user_pool(UserPoolId=pool.id)["UserPool"]
        assert found["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
        for name in ("CreationDate", "LastModifiedDate", "Arn", "AdminCreateUserConfig"):
            assert found[name], name
        assert found["EmailConfiguration"]["EmailSendingAccount"] == "COGNITO_DEFAULT"
        assert found["DeletionProtection"] == "INACTIVE"
        mfa = pool.aws.get_user_pool_mfa_config(UserPoolId=pool.id)
        assert mfa["MfaConfiguration"] == "OFF"


def test_policies_without_passwords_leave_the_default(make: Maker) -> None:
    """The default password policy holds where only the SignInPolicy is set."""
    sign_in = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}}
    pool = make({"Policies": sign_in})
    with refused("InvalidPasswordException"):
        pool.sign_up("ada", "lowercase-only")
    assert pool.sign_up("ada")["UserSub"]


def test_mfa_is_not_set_up_and_off_at_once(make: Maker) -> None:
    """Terraform's provider knows this text and works around it."""
    pool = make()
    with pytest.raises(ClientError, match="can't turn off MFA and configure an MFA together"):
        pool.aws.set_user_pool_mfa_config(
            UserPoolId=pool.id,
            SoftwareTokenMfaConfiguration={"Enabled": True},
            MfaConfiguration="OFF",
        )
    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OFF")
    with refused("NotSupportedByEmulator"):
        pool.aws.set_user_pool_mfa_config(
            UserPoolId=pool.id, WebAuthnConfiguration={"RelyingPartyId": "example.com"}
        )


def test_pools_made_over_the_api_have_awss_defaults(make: Maker) -> None:
    """API reference, CreateUserPool and CreateUserPoolClient: what is left out."""
    aws = make().aws
    pool = aws.create_user_pool(PoolName="bare")["UserPool"]
    client = aws.create_user_pool_client(UserPoolId=pool["Id"], ClientName="bare")
    client = client["UserPoolClient"]
    policy = pool["Policies"]["PasswordPolicy"]
    rules = ("Uppercase", "Lowercase", "Numbers", "Symbols")
    assert all(policy[f"Require{rule}"] for rule in rules)
    assert (policy["MinimumLength"], policy["TemporaryPasswordValidityDays"]) == (8, 7)
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is False
    assert (pool["MfaConfiguration"], pool["UserPoolTier"]) == ("OFF", "ESSENTIALS")
    assert (client["RefreshTokenValidity"], client["AuthSessionValidity"]) == (30, 3)
    assert client["EnableTokenRevocation"] is True
    assert "ClientSecret" not in client
    app = {"ClientId": client["ClientId"]}
    assert "CodeDeliveryDetails" not in aws.sign_up(  # nothing is verified by itself
        **app, Username="Ada", Password=PASSWORD, UserAttributes=attributes(email="a@example.com")
    )
    aws.sign_up(**app, Username="ada", Password=PASSWORD)  # case counts
    aws.admin_confirm_sign_up(UserPoolId=pool["Id"], Username="ada")
    with refused("InvalidParameterException"):  # only SRP, custom and refresh
        aws.initiate_auth(
            **app,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
        )


def test_journey_is_the_same_however_the_pool_was_made(make: Maker) -> None:
    """Terraform and CDK: from sign-up to deletion, on a pool of CreateUserPool as on the kit's."""
    pool = make(client=SRP | {"GenerateSecret": True})
    aws, app = pool.aws, pool.app("ada")
    pool.sign_up("ada")
    with refused("CodeMismatchException"):
        pool.confirm("ada", "000000")
    pool.confirm("ada")
    assert pool.attributes("ada")["email_verified"] == "true"
    aws.admin_user_global_sign_out(UserPoolId=pool.id, Username="ada")
    login = {
        "UserPoolId": pool.id,
        "ClientId": pool.client_id,
        "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
    }
    who = {"USERNAME": "ada", "SECRET_HASH": pool.hash("ada")}

    def tokens(password: str) -> Any:
        answer = aws.admin_initiate_auth(**login, AuthParameters=who | {"PASSWORD": password})
        return answer["AuthenticationResult"]

    token = tokens(PASSWORD)["AccessToken"]
    assert pool.verified(token)["client_id"] == pool.client_id
    changed, final = f"{PASSWORD}-2", f"{PASSWORD}-3"
    aws.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=changed)
    with refused("NotAuthorizedException"):
        tokens(PASSWORD)
    aws.forgot_password(**app)
    code = pool.code("ada", "password-reset")
    aws.confirm_forgot_password(**app, ConfirmationCode=code, Password=final)
    token = tokens(final)["AccessToken"]
    aws.global_sign_out(AccessToken=token)
    with refused("NotAuthorizedException"):
        aws.get_user(AccessToken=token)
    aws.delete_user(AccessToken=tokens(final)["AccessToken"])
    with refused("UserNotFoundException"):
        aws.admin_get_user(UserPoolId=pool.id, Username="ada")


def test_answers_hold_what_aws_shows(make: Maker) -> None:
    """What cognito-local and MiniStack expect of AWS's answers, and what their tests don't see."""
    pool = make()
    aws, named = pool.aws, {"UserPoolId": pool.id}
    group = aws.create_group(**named, GroupName="staff")["Group"]
    assert set(group) == {"GroupName", "UserPoolId", "CreationDate", "LastModifiedDate"}
    user = aws.admin_create_user(**named, Username="ada")["User"]
    assert "MFAOptions" not in user
    client = aws.create_user_pool_client(**named, ClientName="dated")["UserPoolClient"]
    assert client["CreationDate"] == client["LastModifiedDate"]
    pool.advance(timedelta(hours=1))
    update = aws.update_user_pool_client(**named, ClientId=client["ClientId"])["UserPoolClient"]
    assert update["CreationDate"] == client["CreationDate"]
    assert update["LastModifiedDate"] > client["LastModifiedDate"]
    aws.create_user_pool_domain(**named, Domain=f"prefix-{pool.id[-9:].lower()}")
    certificate = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/made-up"}
    own = f"{pool.id[-9:].lower()}.example.com"
    aws.create_user_pool_domain(**named, Domain=own, CustomDomainConfig=certificate)
    shown = aws.describe_user_pool(**named)["UserPool"]
    assert (shown["CustomDomain"], shown["LambdaConfig"]) == (own, {})
    assert shown["Domain"].startswith("prefix-")


@pytest.mark.parametrize("arn", ["no-arn-but-long-enough", "arn:aws:sqs:us-east-1:1:userpool/x"])
def test_tags_are_those_of_pools(make: Maker, arn: str) -> None:
    with refused("InvalidParameterException"):
        make().aws.list_tags_for_resource(ResourceArn=arn)


def test_texts_that_an_application_lists(make: Maker) -> None:
    """What a public application maps to texts of its own, captured from AWS."""
    required = {"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True}
    pool = make({"Schema": [required]})
    aws, named = pool.aws, {"UserPoolId": pool.id, "Username": "ada"}
    aws.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    pool.user("ada")
    token = {"AccessToken": pool.log_in("ada")["AccessToken"]}
    email = "Invalid user attributes: email: Required attribute cannot be deleted."
    blank = attributes(email="")
    for call, given in (
        (aws.delete_user_attributes, token | {"UserAttributeNames": ["email"]}),
        (aws.admin_delete_user_attributes, named | {"UserAttributeNames": ["email"]}),
        (aws.update_user_attributes, token | {"UserAttributes": blank}),
        (aws.admin_update_user_attributes, named | {"UserAttributes": blank}),
    ):
        with pytest.raises(ClientError, match=email):
            call(**given)
    assert pool.attributes("ada")["email"] == "ada@example.com"
    only = "Invalid attribute name. Only phone_number and email can be verified."
    with pytest.raises(ClientError, match=only):
        aws.get_user_attribute_verification_code(**token, AttributeName="name")
    with pytest.raises(ClientError, match=only):
        aws.verify_user_attribute(**token, AttributeName="name", Code="123456")
    app = {"SoftwareTokenMfaSettings": {"Enabled": True}}
    with pytest.raises(ClientError, match="User has not set up software token mfa"):
        aws.set_user_mfa_preference(**token, **app)
    passkeys = {"WebAuthnMfaSettings": {"Enabled": True}}
    with refused("NotSupportedByEmulator"):
        aws.set_user_mfa_preference(**token, **passkeys)
    config = "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA"
    with pytest.raises(ClientError, match=config):
        aws.admin_set_user_mfa_preference(**named, **app)
    aws.associate_software_token(**token)
    with pytest.raises(ClientError, match="User has not verified software token mfa"):
        aws.set_user_mfa_preference(**token, **app)
    with pytest.raises(ClientError, match=r"possible\. ada status is not FORCE_CHANGE_PASSWORD"):
        aws.admin_create_user(**named, MessageAction="RESEND")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["email"], "an email"),
        (["phone_number"], "a phone number"),
        (["email", "phone_number"], "either an email or a phone number"),
    ],
)
def test_name_that_is_neither_is_told_what_it_should_be(
    make: Maker, names: list[str], text: str
) -> None:
    pool = make({"UsernameAttributes": names})
    with pytest.raises(ClientError, match=f"Username should be {text}."):
        pool.sign_up("ada")


def test_an_invented_temporary_password_is_as_long_as_the_pool_asks(make: Maker) -> None:
    policy = {"MinimumLength": 20, "RequireSymbols": True, "RequireUppercase": True}
    pool = make({"Policies": {"PasswordPolicy": policy}})
    named = {"UserPoolId": pool.id, "Username": "ada"}
    user = pool.aws.admin_create_user(**named, UserAttributes=attributes(email="a@example.com"))
    assert user["User"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    pool.aws.admin_create_user(**named, MessageAction="RESEND")


def test_a_new_password_modifies_no_required_attribute_that_has_a_value(make: Maker) -> None:
    """As reported by users of Amplify, who take `email` out of what the challenge gave them."""
    required = [{"Name": name, "Required": True, "Mutable": True} for name in ("email", "name")]
    pool = make({"Schema": required})
    pool.aws.admin_create_user(
        UserPoolId=pool.id,
        Username="ada",
        TemporaryPassword=PASSWORD,
        UserAttributes=attributes(email="a@example.com"),
    )
    asked = pool.aws.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
    )
    chosen = {"USERNAME": "ada", "NEW_PASSWORD": f"{PASSWORD}-2", "userAttributes.name": "Ada"}

    def answer(**more: str) -> Any:
        return pool.aws.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=asked["Session"],
            ChallengeResponses={**chosen, **more},
        )

    with pytest.raises(ClientError, match="Cannot modify an already provided email"):
        answer(**{"userAttributes.email": "b@example.com"})
    assert "AuthenticationResult" in answer()
