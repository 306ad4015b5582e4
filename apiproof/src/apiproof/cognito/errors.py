"""What Cognito refuses with: one class per AWS error, each with its code and usual text.

Assert on the code: AWS documents the codes and may word the texts anew. Texts here never hold a
token, a password or a code. The module knows no operation.

    CognitoRefusal
    |- AliasExists, ClientForbidden, CodeExpired, CodeMismatch, LambdaAnswerInvalid
    |- LambdaRefused, LimitExceeded, NotAuthorized, OperationUnsupported, ParameterInvalid
    |- PasswordInvalid, PasswordResetRequired, ResourceNotFound, TokenTypeUnsupported
    |- UserNotConfirmed, UserNotFound, UserStateUnsupported, UsernameExists
"""

from moto.core.exceptions import ServiceException


class CognitoRefusal(ServiceException):
    """A call refused with an AWS error.

    Args:
        message: the text; the usual one of the error when left out.
    """

    code = "InternalErrorException"
    message = "Something went wrong."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class AliasExists(CognitoRefusal):
    """Another user has verified this email or phone number as an alias."""

    code = "AliasExistsException"
    message = "An account with the given email already exists."


class ClientForbidden(CognitoRefusal):
    """The app client may not do this, e.g. revoke with a wrong secret."""

    code = "UnauthorizedException"
    message = "Client is not authorized."


class CodeMismatch(CognitoRefusal):
    """The confirmation code is not the one that was sent."""

    code = "CodeMismatchException"
    message = "Invalid verification code provided, please try again."


class CodeExpired(CognitoRefusal):
    """The confirmation code is too old, was used, or was never sent."""

    code = "ExpiredCodeException"
    message = "Invalid code provided, please request a code again."


class LambdaAnswerInvalid(CognitoRefusal):
    """A trigger answered with something Cognito cannot use."""

    code = "InvalidLambdaResponseException"
    message = "Unrecognizable lambda output"


class LambdaRefused(CognitoRefusal):
    """A trigger raised an exception."""

    code = "UserLambdaValidationException"
    message = "PreTokenGeneration failed."


class LimitExceeded(CognitoRefusal):
    """One user asked for this too often."""

    code = "LimitExceededException"
    message = "Attempt limit exceeded, please try after some time."


class NotAuthorized(CognitoRefusal):
    """Wrong credentials, wrong secret hash, dead token, or a state that forbids the call."""

    code = "NotAuthorizedException"
    message = "Incorrect username or password."


class OperationUnsupported(CognitoRefusal):
    """The pool or client is not set up for this operation."""

    code = "UnsupportedOperationException"
    message = "Operation is not enabled for this client."


class ParameterInvalid(CognitoRefusal):
    """A parameter breaks a rule of the service model or of the pool."""

    code = "InvalidParameterException"
    message = "A parameter is specified incorrectly."


class PasswordInvalid(CognitoRefusal):
    """The password breaks the pool's policy."""

    code = "InvalidPasswordException"
    message = "Password did not conform with policy"


class PasswordResetRequired(CognitoRefusal):
    """An administrator has reset this user's password."""

    code = "PasswordResetRequiredException"
    message = "Password reset required for the user"


class ResourceNotFound(CognitoRefusal):
    """No such pool, app client or group."""

    code = "ResourceNotFoundException"
    message = "Resource does not exist."


class TokenTypeUnsupported(CognitoRefusal):
    """Only refresh tokens can be revoked."""

    code = "UnsupportedTokenTypeException"
    message = "The token type is not supported."


class UserNotConfirmed(CognitoRefusal):
    """The user has not confirmed the sign-up."""

    code = "UserNotConfirmedException"
    message = "User is not confirmed."


class UserNotFound(CognitoRefusal):
    """No such user."""

    code = "UserNotFoundException"
    message = "User does not exist."


class UserStateUnsupported(CognitoRefusal):
    """The user's status does not allow this."""

    code = "UnsupportedUserStateException"
    message = "User is in a state that does not support this operation."


class UsernameExists(CognitoRefusal):
    """The username is taken."""

    code = "UsernameExistsException"
    message = "User already exists"
