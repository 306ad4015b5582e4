"""Pools as Terraform and the CDK make them: their calls, then a sign-up and a sign-in."""

from typing import Any

import pytest

from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD

# What resource_aws_cognito_user_pool sends with few arguments set (terraform-provider-aws).
TERRAFORM: dict[str, Any] = {
    "PoolName": "terraform",
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False},
    "AutoVerifiedAttributes": ["email"],
    "DeletionProtection": "INACTIVE",
    "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
    "Policies": {
        "PasswordPolicy": {
            "MinimumLength": 10,
            "RequireLowercase": True,
            "RequireNumbers": True,
            "RequireSymbols": True,
            "RequireUppercase": True,
            "TemporaryPasswordValidityDays": 7,
        }
    },
    "Schema": [
        {
            "AttributeDataType": "String",
            "DeveloperOnlyAttribute": False,
            "Mutable": True,
            "Name": "email",
            "Required": True,
            "StringAttributeConstraints": {"MinLength": "7", "MaxLength": "64"},
        }
    ],
    "UsernameAttributes": ["email"],
    "UsernameConfiguration": {"CaseSensitive": False},
    "UserPoolTags": {"team": "identity"},
    "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
}
# What `new cognito.UserPool(this, "Pool", {selfSignUpEnabled: true, signInAliases: {email}})` is.
CDK: dict[str, Any] = {
    "PoolName": "cdk",
    "AccountRecoverySetting": {
        "RecoveryMechanisms": [
            {"Name": "verified_phone_number", "Priority": 1},
            {"Name": "verified_email", "Priority": 2},
        ]
    },
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False},
    "AutoVerifiedAttributes": ["email"],
    "EmailVerificationMessage": "The verification code to your new account is {####}",
    "EmailVerificationSubject": "Verify your new account",
    "SmsVerificationMessage": "The verification code to your new account is {####}",
    "UsernameAttributes": ["email"],
    "VerificationMessageTemplate": {
        "DefaultEmailOption": "CONFIRM_WITH_CODE",
        "EmailMessage": "The verification code to your new account is {####}",
        "EmailSubject": "Verify your new account",
        "SmsMessage": "The verification code to your new account is {####}",
    },
}


@pytest.mark.parametrize("parameters", [TERRAFORM, CDK], ids=["terraform", "cdk"])
@pytest.mark.parametrize("mfa", ["OFF", "OPTIONAL"])
def test_pool_made_by_a_tool_serves(bench: Bench, parameters: dict[str, Any], mfa: str) -> None:
    aws = bench.pool().aws
    created = aws.create_user_pool(**parameters)["UserPool"]
    pool_id, arn = created["Id"], created["Arn"]
    if mfa != "OFF":
        aws.set_user_pool_mfa_config(
            UserPoolId=pool_id,
            MfaConfiguration=mfa,
            SoftwareTokenMfaConfiguration={"Enabled": True},
        )
    described = aws.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    for name in parameters.keys() - {"PoolName", "Schema", "Policies"}:
        assert (
            parameters[name].items() <= described[name].items()
            if isinstance(parameters[name], dict)
            else described[name] == parameters[name]
        ), name
    config = aws.get_user_pool_mfa_config(UserPoolId=pool_id)
    assert config["MfaConfiguration"] == mfa
    aws.tag_resource(ResourceArn=arn, Tags={"stage": "test"})
    tags = aws.list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert tags == parameters.get("UserPoolTags", {}) | {"stage": "test"}
    aws.untag_resource(ResourceArn=arn, TagKeys=["stage"])
    client = aws.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="web",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors="ENABLED",
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]["ClientId"]
    described = aws.describe_user_pool_client(UserPoolId=pool_id, ClientId=client)
    assert described["UserPoolClient"]["SupportedIdentityProviders"] == ["COGNITO"]
    # Terraform's update sends the whole pool again, without what cannot change.
    fixed = {"PoolName", "Schema", "UsernameAttributes", "UsernameConfiguration"}
    changed = {name: it for name, it in parameters.items() if name not in fixed}
    aws.update_user_pool(UserPoolId=pool_id, MfaConfiguration=mfa, **changed)
    email = "ada@example.com"
    aws.sign_up(
        ClientId=client,
        Username=email,
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": email}],
    )
    aws.admin_confirm_sign_up(UserPoolId=pool_id, Username=email)
    tokens = aws.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    user = aws.get_user(AccessToken=tokens["AccessToken"])
    assert {"Name": "email", "Value": email} in user["UserAttributes"]
    aws.delete_user_pool_client(UserPoolId=pool_id, ClientId=client)
    aws.delete_user_pool(UserPoolId=pool_id)
    with pytest.raises(aws.exceptions.ResourceNotFoundException):
        aws.describe_user_pool(UserPoolId=pool_id)
