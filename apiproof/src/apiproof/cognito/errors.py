"""The errors that Cognito answers with: one class per AWS error, each with its code and usual text.

Assert on the code: AWS documents the codes and may word the texts anew. Texts here never hold a
token, a password or a code.
"""

import json

from moto.core.exceptions import ServiceException


class CognitoError(ServiceException):
    """An AWS error in answer to a call.

    Args:
        message: the text; the usual one of the error when left out.
    """

    code = "InternalErrorException"
    message = "Something went wrong."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class AddOnNotEnabled(CognitoError):
    """The pool has no threat protection."""

    code = "UserPoolAddOnNotEnabledException"
    message = "User pool add-ons are not enabled."


class AliasExists(CognitoError):
    """Another user has verified this email or phone number as an alias."""

    code = "AliasExistsException"
    message = "An account with the email already exists."


class BrandingExists(CognitoError):
    """The app client has a branding already."""

    code = "ManagedLoginBrandingExistsException"
    message = "The app client already has a managed login branding."


class ClientForbidden(CognitoError):
    """The app client may not do this, e.g. revoke with a wrong secret."""

    code = "UnauthorizedException"
    message = "Client is not authorized."


class CodeMismatch(CognitoError):
    """The confirmation code is not the one that was sent."""

    code = "CodeMismatchException"
    message = "Invalid verification code provided, please try again."


class CodeExpired(CognitoError):
    """The confirmation code is too old, was used, or was never sent."""

    code = "ExpiredCodeException"
    message = "Invalid code provided, please request a code again."


class JobState(CognitoError):
    """An import job is in a state that forbids the call."""

    code = "PreconditionNotMetException"
    message = "The job is in another state."


class LambdaAnswerInvalid(CognitoError):
    """A trigger answered with something Cognito cannot use."""

    code = "InvalidLambdaResponseException"
    message = "Unrecognizable lambda output"


class LambdaFailed(CognitoError):
    """A trigger took too long, or the pool names one that is not attached."""

    code = "UnexpectedLambdaException"
    message = "The Lambda function failed."


class LambdaRefused(CognitoError):
    """A trigger raised an exception."""

    code = "UserLambdaValidationException"
    message = "The Lambda function refused the request."


class LimitExceeded(CognitoError):
    """One user asked for this too often."""

    code = "LimitExceededException"
    message = "Attempt limit exceeded, please try after some time."


class NotAuthorized(CognitoError):
    """Wrong credentials, wrong secret hash, dead token, or a state that forbids the call."""

    code = "NotAuthorizedException"
    message = "Incorrect username or password."


class OAuthFlowInvalid(CognitoError):
    """An app client's OAuth flows contradict each other."""

    code = "InvalidOAuthFlowException"
    message = "The OAuth flow is not valid."


class OperationUnsupported(CognitoError):
    """The pool or client is not set up for this operation."""

    code = "UnsupportedOperationException"
    message = "Operation is not enabled for this client."


class ParameterInvalid(CognitoError):
    """A parameter breaks a rule of the service model or of the pool."""

    code = "InvalidParameterException"
    message = "A parameter is specified incorrectly."


class PasswordHistoryViolated(CognitoError):
    """The password was used before, within the pool's PasswordHistorySize."""

    code = "PasswordHistoryPolicyViolationException"
    message = "Password has been used before. Please choose a different password."


class PasswordInvalid(CognitoError):
    """The password breaks the pool's policy."""

    code = "InvalidPasswordException"
    message = "Password did not conform with policy"


class PasswordResetRequired(CognitoError):
    """An administrator has reset this user's password."""

    code = "PasswordResetRequiredException"
    message = "Password reset required for the user"


class RefreshTokenReused(CognitoError):
    """A refresh token was used again after its rotation."""

    code = "RefreshTokenReuseException"
    message = "Refresh token has been used before."


class ResourceNotFound(CognitoError):
    """No such pool, app client or group."""

    code = "ResourceNotFoundException"
    message = "Resource does not exist."


class SoftwareTokenMFANotFound(CognitoError):
    """The user has not set up an authenticator app."""

    code = "SoftwareTokenMFANotFoundException"
    message = "Software Token MFA does not exist for the user."


class SoftwareTokenNotEnabled(CognitoError):
    """The code of an authenticator app did not match, so it was not enabled."""

    code = "EnableSoftwareTokenMFAException"
    message = "Code mismatch and fail enable Software Token MFA"


class TermsExist(CognitoError):
    """The app client has terms of that name already."""

    code = "TermsExistsException"
    message = "Terms with this name already exist for the app client."


class TokenTypeUnsupported(CognitoError):
    """Only refresh tokens can be revoked."""

    code = "UnsupportedTokenTypeException"
    message = "The token type is not supported."


class UserNotConfirmed(CognitoError):
    """The user has not confirmed the sign-up."""

    code = "UserNotConfirmedException"
    message = "User is not confirmed."


class UserNotFound(CognitoError):
    """No such user."""

    code = "UserNotFoundException"
    message = "User does not exist."


class UserStateUnsupported(CognitoError):
    """The user's status does not allow this."""

    code = "UnsupportedUserStateException"
    message = "User is in a state that does not support this operation."


class UsernameExists(CognitoError):
    """The username is taken."""

    code = "UsernameExistsException"
    message = "User already exists"


class DuplicateProvider(CognitoError):
    """The pool has an identity provider of that name."""

    code = "DuplicateProviderException"
    message = "The identity provider exists already."


class GroupExists(CognitoError):
    """The pool has a group of that name."""

    code = "GroupExistsException"
    message = "A group with the name already exists"


class FeatureUnavailable(CognitoError):
    """The pool's tier has no such feature."""

    code = "FeatureUnavailableInTierException"
    message = "The feature is not available in the tier of the user pool."


class ScopeUnknown(CognitoError):
    """No resource server has such a scope."""

    code = "ScopeDoesNotExistException"
    message = "Invalid scope requested."


class UnmodelledError(CognitoError):
    """An error that is not in botocore's model, so that moto's serializer would not know it."""

    status = 400

    def answer(self) -> tuple[int, dict[str, str], str]:
        """Give status, headers and body as the AWS JSON protocol writes errors."""
        body = json.dumps({"__type": self.code, "message": self.message})
        return self.status, {"x-amzn-errortype": self.code}, body


class BodyUnreadable(UnmodelledError):
    """The body is no JSON object, which no SDK sends."""

    code = "SerializationException"
    message = "The body is not a JSON object."


class WrongType(BodyUnreadable):
    """A value has another JSON type than the parameter.

    The code is AWS's for Cognito (amazon-cognito-identity-js#485, pmill/aws-cognito#10); the texts
    are those of AWS's services in JSON (aws-cdk#27087).

    Args:
        path: of the parameter, e.g. `userAttributes.1.member.value`.
        value: what was given.
        wanted: the type of the service model, e.g. `string`.
    """

    def __init__(self, path: str, value: object, wanted: str) -> None:
        self.path = path
        if isinstance(value, dict | list):
            given = "structure or map" if isinstance(value, dict) else "list"
            text = f"Start of {given} found where not expected."
        elif wanted in {"structure", "map", "list"}:
            text = f"Expected {'list' if wanted == 'list' else 'map'} or null"
        else:
            kinds = {str: "STRING", bool: str(value).upper(), float: "DECIMAL"}
            article = "an" if wanted == "integer" else "a"
            kind = kinds.get(type(value), "NUMBER")
            text = f"{kind}_VALUE can not be converted to {article} {wanted.capitalize()}"
        super().__init__(text)


class OperationUnsupportedHere(UnmodelledError):
    """The emulator can't do this; the real service can, or there is no such operation."""

    code = "NotSupportedByEmulator"
    status = 501

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(
            f"This emulator of Cognito does not do {operation}: {reason}. See SUPPORT.md."
        )


class SettingUnsupported(UnmodelledError):
    """The emulator can't do what a setting asks for; the real service can."""

    code = "NotSupportedByEmulator"
    status = 501

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(
            f"This emulator of Cognito does not do the setting {setting}: {reason}. See SUPPORT.md."
        )


# The operations that this emulator refuses, each with the reason.
_PASSKEYS = "passkeys need an authenticator, and no library here plays one"
_REPLICAS = "no region repeats what is in another"
_LIMITS = "requests per second are not limited: plan an outage to see it"
_SESSIONS = "the number and age of sessions is not limited"

UNSUPPORTED = {
    **dict.fromkeys(
        (
            "CompleteWebAuthnRegistration", "DeleteWebAuthnCredential", "ListWebAuthnCredentials",
            "StartWebAuthnRegistration",
        ),
        _PASSKEYS,
    ),
    **dict.fromkeys(
        (
            "CreateUserPoolReplica", "DeleteUserPoolReplica", "ListUserPoolReplicas",
            "UpdateUserPoolReplica",
        ),
        _REPLICAS,
    ),
    **dict.fromkeys(("GetProvisionedLimit", "UpdateProvisionedLimit"), _LIMITS),
    **dict.fromkeys(
        (
            "GetUserPoolClientSessionConfiguration", "GetUserPoolSessionConfiguration",
            "SetUserPoolClientSessionConfiguration", "SetUserPoolSessionConfiguration",
        ),
        _SESSIONS,
    ),
    "GetDerivedToken": "tokens are not exchanged",
}  # fmt: skip
