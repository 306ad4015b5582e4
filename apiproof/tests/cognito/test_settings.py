"""Every setting of a pool is obeyed, kept or refused; each obeyed one has a test, here or beside.

Every test runs on a pool that the kit made and on one that CreateUserPool made.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.cognito.bench import Emulator
from tests.cognito.made_pools import Maker, attributes, invite, make, obeys, refused
from tests.cognito.pools import PASSWORD

__all__ = ["make"]  # the fixture

POLICY = "Policies.PasswordPolicy"
LAX = {
    "MinimumLength": 6,
    "RequireUppercase": False,
    "RequireLowercase": False,
    "RequireNumbers": False,
    "RequireSymbols": False,
}
ARN = "arn:aws:lambda:us-east-1:123456789012:function:handler"
ROLE = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"}
SMS = {"SmsConfiguration": ROLE}
OWN_EMAIL = {
    "EmailConfiguration": {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
    }
}
PHONE = "+15550100"


def described(pool: Emulator) -> dict[str, Any]:
    found: dict[str, Any] = pool.aws.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    return found


@obeys("PoolName")
def test_pool_has_its_name(make: Maker) -> None:
    pool = make({"PoolName": "mine"})
    assert described(pool)["Name"] == "mine"
    assert "mine" in {each["Name"] for each in pool.aws.list_user_pools(MaxResults=9)["UserPools"]}


# Passwords


@pytest.mark.parametrize(
    ("rule", "value", "weak", "strong"),
    [
        ("MinimumLength", 12, "elevenchars", "twelve-chars"),
        ("RequireUppercase", True, "lowercase", "Lowercase"),
        ("RequireLowercase", True, "UPPERCASE", "UPPERCASEx"),
        ("RequireNumbers", True, "no-number", "number-1"),
        ("RequireSymbols", True, "nosymbol", "a-symbol"),
    ],
)
@obeys(
    f"{POLICY}.MinimumLength",
    f"{POLICY}.RequireUppercase",
    f"{POLICY}.RequireLowercase",
    f"{POLICY}.RequireNumbers",
    f"{POLICY}.RequireSymbols",
)
def test_password_policy(make: Maker, rule: str, value: Any, weak: str, strong: str) -> None:
    pool = make({"Policies": {"PasswordPolicy": LAX | {rule: value}}})
    with refused("InvalidPasswordException"):
        pool.sign_up("ada", weak)
    pool.sign_up("ada", strong)
    make({"Policies": {"PasswordPolicy": LAX}}).sign_up("ada", weak)


@obeys(f"{POLICY}.PasswordHistorySize")
def test_passwords_dont_come_again(make: Maker) -> None:
    second, third = f"{PASSWORD}-2", f"{PASSWORD}-3"

    def change(pool: Emulator, *passwords: str) -> None:
        token = pool.log_in("ada")["AccessToken"]
        previous = PASSWORD
        for password in passwords:
            pool.aws.change_password(
                AccessToken=token, PreviousPassword=previous, ProposedPassword=password
            )
            previous = password

    strict = make({"Policies": {"PasswordPolicy": LAX | {"PasswordHistorySize": 2}}})
    strict.user("ada")
    with refused("PasswordHistoryPolicyViolationException"):
        change(strict, second, PASSWORD)
    lax = make({"Policies": {"PasswordPolicy": LAX | {"PasswordHistorySize": 0}}})
    lax.user("ada")
    change(lax, second, third, second, PASSWORD)


@pytest.mark.parametrize(
    "settings",
    [
        {"Policies": {"PasswordPolicy": LAX | {"TemporaryPasswordValidityDays": 2}}},
        {"AdminCreateUserConfig": {"UnusedAccountValidityDays": 2}},
    ],
)
@obeys(f"{POLICY}.TemporaryPasswordValidityDays", "AdminCreateUserConfig.UnusedAccountValidityDays")
def test_invitations_expire(make: Maker, settings: dict[str, Any]) -> None:
    pool = make(settings)
    invite(pool)
    pool.advance(timedelta(days=2, seconds=-5))
    assert pool.log_in("ada")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    pool.advance(timedelta(seconds=5))
    with pytest.raises(ClientError, match="Temporary password has expired"):
        pool.log_in("ada")


@obeys("Policies.SignInPolicy.AllowedFirstAuthFactors")
def test_first_factors(make: Maker) -> None:
    def choices(*factors: str) -> set[str]:
        policy = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": list(factors)}}}
        pool = make(policy if factors else {})
        pool.user("ada")
        answer = pool.aws.initiate_auth(
            ClientId=pool.client_id, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": "ada"}
        )
        return set(answer["AvailableChallenges"])

    assert choices() == {"PASSWORD", "PASSWORD_SRP"}
    assert choices("PASSWORD", "EMAIL_OTP") == {"PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"}


# Signing up


@obeys("AutoVerifiedAttributes")
def test_addresses_are_verified_where_asked_for(make: Maker) -> None:
    for automatic in ([], ["email"], ["phone_number"]):
        pool = make(SMS | {"AutoVerifiedAttributes": automatic})
        answer = pool.sign_up("ada", phone_number=PHONE)
        delivery = answer.get("CodeDeliveryDetails") or {}
        assert [delivery[name] for name in ("AttributeName",) if name in delivery] == automatic


@obeys("AliasAttributes")
def test_aliases_sign_in(make: Maker) -> None:
    pool = make({"AliasAttributes": ["email"]})
    pool.user("ada")
    assert pool.log_in("ada@example.com")["AccessToken"]
    other = make()
    other.user("ada")
    with refused("NotAuthorizedException"):
        other.log_in("ada@example.com")


@obeys("UsernameAttributes")
def test_addresses_are_usernames(make: Maker) -> None:
    pool = make({"UsernameAttributes": ["email"]})
    with pytest.raises(ClientError, match="Username should be an email"):
        pool.sign_up("ada")
    pool.sign_up("ada@example.com", email="ada@example.com")
    make().sign_up("ada")


@obeys("UsernameConfiguration.CaseSensitive")
def test_case(make: Maker) -> None:
    pool = make({"UsernameConfiguration": {"CaseSensitive": True}})
    pool.sign_up("ada")
    pool.sign_up("Ada")
    pool = make({"UsernameConfiguration": {"CaseSensitive": False}})
    pool.sign_up("ada")
    with refused("UsernameExistsException"):
        pool.sign_up("Ada")


@obeys("AdminCreateUserConfig.AllowAdminCreateUserOnly")
def test_administrators_alone_create_users(make: Maker) -> None:
    pool = make({"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}})
    with refused("NotAuthorizedException"):
        pool.sign_up("ada")
    invite(pool)


# Messages


@pytest.mark.parametrize(
    ("settings", "attribute", "text"),
    [
        ({"EmailVerificationMessage": "mail {####}"}, "email", "mail "),
        ({"SmsVerificationMessage": "sms {####}"}, "phone_number", "sms "),
        ({"VerificationMessageTemplate": {"EmailMessage": "mail {####}"}}, "email", "mail "),
        ({"VerificationMessageTemplate": {"SmsMessage": "sms {####}"}}, "phone_number", "sms "),
    ],
)
@obeys(
    "EmailVerificationMessage",
    "SmsVerificationMessage",
    "VerificationMessageTemplate.EmailMessage",
    "VerificationMessageTemplate.SmsMessage",
)
def test_texts_of_codes(make: Maker, settings: Any, attribute: str, text: str) -> None:
    pool = make(settings | SMS | {"AutoVerifiedAttributes": [attribute]})
    pool.sign_up("ada", phone_number=PHONE)
    message = pool.cognito.outbox.last("ada")
    assert message.text == text + message.code


@pytest.mark.parametrize(
    "settings",
    [
        {"EmailVerificationSubject": "mine"},
        {"VerificationMessageTemplate": {"EmailSubject": "mine"}},
    ],
)
@obeys("EmailVerificationSubject", "VerificationMessageTemplate.EmailSubject")
def test_subjects_of_codes(make: Maker, settings: Any) -> None:
    pool = make(settings)
    pool.sign_up("ada")
    assert pool.cognito.outbox.last("ada").subject == "mine"


@obeys("AdminCreateUserConfig.InviteMessageTemplate.*")
def test_texts_of_invitations(make: Maker) -> None:
    template = {
        "EmailMessage": "mail {username} {####}",
        "EmailSubject": "welcome",
        "SMSMessage": "sms {username} {####}",
    }
    pool = make({"AdminCreateUserConfig": {"InviteMessageTemplate": template}})
    given = attributes(email="ada@example.com", phone_number=PHONE)
    invite(pool, UserAttributes=given, DesiredDeliveryMediums=["EMAIL", "SMS"])
    mail, sms = pool.cognito.outbox.select("ada")
    assert (mail.text, mail.subject) == (f"mail ada {PASSWORD}", "welcome")
    assert sms.text == f"sms ada {PASSWORD}"


@obeys(
    "VerificationMessageTemplate.DefaultEmailOption",
    "VerificationMessageTemplate.EmailMessageByLink",
    "VerificationMessageTemplate.EmailSubjectByLink",
)
def test_links_confirm(make: Maker) -> None:
    template = {
        "DefaultEmailOption": "CONFIRM_WITH_LINK",
        "EmailMessageByLink": "Please {##click##}!",
        "EmailSubjectByLink": "your link",
    }
    pool = make({"VerificationMessageTemplate": template})
    pool.sign_up("ada")
    message = pool.cognito.outbox.last("ada")
    assert message.subject == "your link"
    found = re.fullmatch(r'Please <a href="([^"]+)">click</a>!', message.text)
    assert found is not None
    url = found[1].replace("&amp;", "&")
    wrong = requests.get(url.replace(message.code, "000000"), timeout=5)
    assert (wrong.status_code, pool.status("ada")) == (400, "UNCONFIRMED")
    right = requests.get(url, timeout=5)
    assert right.status_code == 200
    assert "has been confirmed" in right.text
    assert pool.status("ada") == "CONFIRMED"
    assert requests.get(url, timeout=5).status_code == 400


# Second factors


def with_phone(pool: Emulator) -> None:
    pool.user("ada", phone_number=PHONE)
    pool.set("ada", phone_number_verified="true")


@obeys("MfaConfiguration", "SmsConfiguration.SnsCallerArn", "SmsAuthenticationMessage")
def test_second_factor_by_sms(make: Maker) -> None:
    texts = {"SmsAuthenticationMessage": "factor {####}"}
    pool = make({"MfaConfiguration": "ON", "SmsConfiguration": ROLE} | texts)
    with_phone(pool)
    assert pool.log_in("ada")["ChallengeName"] == "SMS_MFA"
    message = pool.cognito.outbox.last("ada", "sign-in")
    assert message.text == f"factor {message.code}"
    pool = make({"SmsConfiguration": ROLE})
    with_phone(pool)
    assert "ChallengeName" not in pool.log_in("ada")


def test_text_of_second_factors_may_be_set_later(make: Maker) -> None:
    pool = make({"SmsAuthenticationMessage": "before {####}"})
    with_phone(pool)
    sms = {"SmsConfiguration": ROLE, "SmsAuthenticationMessage": "after {####}"}
    pool.aws.set_user_pool_mfa_config(
        UserPoolId=pool.id, SmsMfaConfiguration=sms, MfaConfiguration="ON"
    )
    assert pool.log_in("ada")["ChallengeName"] == "SMS_MFA"
    message = pool.cognito.outbox.last("ada", "sign-in")
    assert message.text == f"after {message.code}"
    assert described(pool)["SmsConfiguration"] == ROLE


def test_lite_pools_have_no_mfa_by_email(make: Maker) -> None:
    email = {"EmailMfaConfiguration": {"Subject": "code"}, "MfaConfiguration": "ON"}
    pool = make({"UserPoolTier": "LITE"} | OWN_EMAIL)
    with refused("FeatureUnavailableInTierException"):
        pool.aws.set_user_pool_mfa_config(UserPoolId=pool.id, **email)
    pool = make(OWN_EMAIL)
    pool.aws.set_user_pool_mfa_config(UserPoolId=pool.id, **email)


def test_required_factor_is_set_up(make: Maker) -> None:
    pool = make({"MfaConfiguration": "ON", "SmsConfiguration": ROLE})
    pool.user("ada")
    assert pool.log_in("ada")["ChallengeName"] == "MFA_SETUP"


# The rest


@pytest.mark.parametrize(
    ("mechanisms", "attribute"),
    [
        (["verified_email", "verified_phone_number"], "email"),
        (["verified_phone_number", "verified_email"], "phone_number"),
        (["admin_only"], None),
    ],
)
@obeys("AccountRecoverySetting.RecoveryMechanisms[].*")
def test_recovery(make: Maker, mechanisms: list[str], attribute: str | None) -> None:
    ranked = [{"Priority": rank, "Name": name} for rank, name in enumerate(mechanisms, 1)]
    pool = make({"AccountRecoverySetting": {"RecoveryMechanisms": ranked[::-1]}})
    with_phone(pool)
    ask = {"ClientId": pool.client_id, "Username": "ada"}
    if attribute is None:
        with refused("NotAuthorizedException"):
            pool.aws.forgot_password(**ask)
        return
    details = pool.aws.forgot_password(**ask)["CodeDeliveryDetails"]
    assert details["AttributeName"] == attribute


@obeys("DeletionProtection")
def test_protected_pools_are_not_deleted(make: Maker) -> None:
    pool = make({"DeletionProtection": "ACTIVE"})
    with pytest.raises(ClientError, match="deletion protection"):
        pool.aws.delete_user_pool(UserPoolId=pool.id)
    pool.aws.update_user_pool(UserPoolId=pool.id, DeletionProtection="INACTIVE")
    pool.aws.delete_user_pool(UserPoolId=pool.id)
    with refused("ResourceNotFoundException"):
        pool.aws.describe_user_pool(UserPoolId=pool.id)


@obeys("UserPoolTags")
def test_tags(make: Maker) -> None:
    pool = make({"UserPoolTags": {"team": "identity"}})
    arn = described(pool)["Arn"]
    tags = {"ResourceArn": arn}
    pool.aws.tag_resource(**tags, Tags={"stage": "test", "team": "login"})
    expected = {"stage": "test", "team": "login"}
    assert pool.aws.list_tags_for_resource(**tags)["Tags"] == expected
    assert described(pool)["UserPoolTags"] == expected
    pool.aws.untag_resource(**tags, TagKeys=["team", "unheard"])
    assert pool.aws.list_tags_for_resource(**tags)["Tags"] == {"stage": "test"}
    pool.aws.update_user_pool(UserPoolId=pool.id)
    assert pool.aws.list_tags_for_resource(**tags)["Tags"] == {"stage": "test"}


@pytest.mark.parametrize(
    "settings",
    [
        {"LambdaConfig": {"PreTokenGenerationConfig": {"LambdaArn": ARN, "LambdaVersion": "V2_0"}}},
        {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}},
    ],
)
@obeys("UserPoolTier")
def test_lite_pools_have_less(make: Maker, settings: dict[str, Any]) -> None:
    make(settings | {"UserPoolTier": "ESSENTIALS"})
    with pytest.raises(Exception, match="disabled for the LITE pricing tier"):
        make(settings | {"UserPoolTier": "LITE"})


@obeys("IssuerConfiguration.Type")
def test_issuer(make: Maker) -> None:
    pool = make({"IssuerConfiguration": {"Type": "ORIGINAL"}})
    pool.user("ada")
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    assert pool.claims(pool.log_in("ada")["AccessToken"])["iss"] == issuer
