"""The one table that turns what Cognito answers into what this API answers.

Keyed by operation and AWS error code, never by message text, which AWS does not document. Must not
know boto3's client.

Sources: the botocore service model of cognito-idp, the Cognito developer guide.
"""

from api.errors import (
    AccountExists,
    AccountRefused,
    AccountUnverified,
    ApiError,
    CodeInvalid,
    CredentialsWrong,
    IdentityAnswerLost,
    PasswordRefused,
    PasswordResetRequired,
    PasswordWrong,
    RefreshTokenInvalid,
    Throttled,
    TokenInvalid,
    UserNotFound,
)

# Whatever the operation, but where an answer of only those who exist would tell (decision 46).
_EVERYWHERE: dict[str, type[ApiError]] = {
    "TooManyRequestsException": Throttled,
    "ThrottlingException": Throttled,
    "LimitExceededException": Throttled,
    "TooManyFailedAttemptsException": Throttled,
}

_BY_OPERATION: dict[tuple[str, str], type[ApiError]] = {
    ("sign_up", "UsernameExistsException"): AccountExists,
    ("sign_up", "InvalidPasswordException"): PasswordRefused,
    ("sign_up", "InvalidParameterException"): AccountRefused,
    ("confirm_sign_up", "CodeMismatchException"): CodeInvalid,
    ("confirm_sign_up", "ExpiredCodeException"): CodeInvalid,
    ("confirm_sign_up", "UserNotFoundException"): CodeInvalid,
    # "User cannot be confirmed. Current status is CONFIRMED": unknown users get the same answer.
    ("confirm_sign_up", "NotAuthorizedException"): CodeInvalid,
    ("confirm_sign_up", "LimitExceededException"): CodeInvalid,
    ("confirm_sign_up", "TooManyFailedAttemptsException"): CodeInvalid,
    ("confirm_sign_up", "AliasExistsException"): AccountExists,
    ("sign_in", "NotAuthorizedException"): CredentialsWrong,
    ("sign_in", "UserNotFoundException"): CredentialsWrong,
    ("sign_in", "UserNotConfirmedException"): AccountUnverified,
    ("sign_in", "PasswordResetRequiredException"): PasswordResetRequired,
    ("get_tokens_from_refresh_token", "NotAuthorizedException"): RefreshTokenInvalid,
    ("get_tokens_from_refresh_token", "RefreshTokenReuseException"): RefreshTokenInvalid,
    ("get_tokens_from_refresh_token", "UserNotFoundException"): RefreshTokenInvalid,
    ("get_tokens_from_refresh_token", "InvalidParameterException"): RefreshTokenInvalid,
    ("confirm_forgot_password", "CodeMismatchException"): CodeInvalid,
    ("confirm_forgot_password", "ExpiredCodeException"): CodeInvalid,
    ("confirm_forgot_password", "UserNotFoundException"): CodeInvalid,
    ("confirm_forgot_password", "UserNotConfirmedException"): CodeInvalid,
    ("confirm_forgot_password", "NotAuthorizedException"): CodeInvalid,
    ("confirm_forgot_password", "LimitExceededException"): CodeInvalid,
    ("confirm_forgot_password", "TooManyFailedAttemptsException"): CodeInvalid,
    ("confirm_forgot_password", "InvalidPasswordException"): PasswordRefused,
    ("confirm_forgot_password", "PasswordHistoryPolicyViolationException"): PasswordRefused,
    ("change_password", "NotAuthorizedException"): PasswordWrong,
    ("change_password", "InvalidPasswordException"): PasswordRefused,
    ("change_password", "PasswordHistoryPolicyViolationException"): PasswordRefused,
    ("change_password", "PasswordResetRequiredException"): PasswordWrong,
    ("change_password", "UserNotConfirmedException"): PasswordWrong,
    ("change_password", "UserNotFoundException"): PasswordWrong,
    ("get_user", "NotAuthorizedException"): TokenInvalid,
    ("get_user", "UserNotFoundException"): TokenInvalid,
    ("get_user", "PasswordResetRequiredException"): PasswordWrong,
    ("get_user", "UserNotConfirmedException"): PasswordWrong,
    ("admin_disable_user", "UserNotFoundException"): UserNotFound,
    ("admin_enable_user", "UserNotFoundException"): UserNotFound,
}

# What counts as done: the answer must not tell, or the wish is fulfilled already.
_IGNORED = frozenset(
    {
        ("resend_confirmation_code", "UserNotFoundException"),
        # "User is already confirmed.", or the user has had as many codes as there are in an hour.
        ("resend_confirmation_code", "InvalidParameterException"),
        ("resend_confirmation_code", "LimitExceededException"),
        ("forgot_password", "UserNotFoundException"),
        ("forgot_password", "LimitExceededException"),
        # No verified address to send to, or the account is disabled.
        ("forgot_password", "InvalidParameterException"),
        ("forgot_password", "NotAuthorizedException"),
        ("admin_get_user", "UserNotFoundException"),
        ("admin_delete_user", "UserNotFoundException"),
        ("admin_user_global_sign_out", "UserNotFoundException"),
        # The token is revoked already.
        ("global_sign_out", "NotAuthorizedException"),
        ("global_sign_out", "PasswordResetRequiredException"),
        ("global_sign_out", "UserNotConfirmedException"),
        # The account is being deleted: nobody has a session of it.
        ("global_sign_out", "UserNotFoundException"),
    }
)


def map_error(operation: str, code: str) -> ApiError | None:
    """Say what an AWS error means to a caller of this API, or None where it means "done".

    A code that the table does not hold is an answer that tells nothing: the operation may have
    acted (SignUp with CodeDeliveryFailureException has), so it is treated like a lost answer.

    Args:
        operation: the boto3 method, but sign_in for initiate_auth.
        code: Error.Code of the ClientError.
    """
    if (operation, code) in _IGNORED:
        return None
    error = _BY_OPERATION.get((operation, code)) or _EVERYWHERE.get(code, IdentityAnswerLost)
    return error()
