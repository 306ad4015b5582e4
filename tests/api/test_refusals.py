"""The table of Cognito's errors, held against botocore's service model and our own document."""

from typing import Any

import boto3
import pytest

from api import errors
from api.identity.errors import _BY_OPERATION, _IGNORED, map_error
from api.openapi_cli import document

# Which of our operations a call to Cognito belongs to.
CALLED_BY = {
    "sign_up": "signup_user",
    "confirm_sign_up": "verify_user",
    "resend_confirmation_code": "resend_confirmation_code",
    "sign_in": "login_user",
    "get_tokens_from_refresh_token": "refresh_session",
    "forgot_password": "forgot_password",
    "confirm_forgot_password": "reset_password",
    "change_password": "change_password",
    "global_sign_out": "logout_user",
    "admin_delete_user": "delete_me",
}


@pytest.fixture(scope="module")
def modelled() -> dict[str, set[str]]:
    # Any credentials keep botocore from looking for some on the network.
    client = boto3.client(
        "cognito-idp",
        region_name="eu-west-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
    names = dict(client.meta.method_to_api_mapping)
    names |= {"sign_in": "InitiateAuth"}
    model = client.meta.service_model
    return {
        method: {shape.name for shape in model.operation_model(operation).error_shapes}
        for method, operation in names.items()
    }


@pytest.fixture(scope="module")
def declared() -> dict[str, set[str]]:
    operations: dict[str, Any] = {
        operation["operationId"]: operation
        for path in document()["paths"].values()
        for operation in path.values()
    }
    return {name: set(operation["responses"]) for name, operation in operations.items()}


# The model does not name it for GlobalSignOut, but for GetUser and its other siblings: the token of
# an account that is gone.
UNMODELLED = {("global_sign_out", "UserNotFoundException")}


def test_the_table_names_codes_that_cognito_knows(modelled: dict[str, set[str]]) -> None:
    rows = {*_BY_OPERATION, *_IGNORED}
    assert {row for row in rows if row[1] not in modelled[row[0]]} == UNMODELLED


@pytest.mark.parametrize(("call", "operation"), CALLED_BY.items())
def test_every_code_leads_to_a_declared_answer(
    call: str, operation: str, modelled: dict[str, set[str]], declared: dict[str, set[str]]
) -> None:
    answers = {code: map_error(call, code) for code in modelled[call]}
    undeclared = {
        code: type(error).__name__
        for code, error in answers.items()
        if error is not None and str(error.status_code) not in declared[operation]
    }
    assert undeclared == {}


@pytest.mark.parametrize("call", CALLED_BY)
def test_throttling_is_429_everywhere(call: str) -> None:
    error = map_error(call, "TooManyRequestsException")
    assert isinstance(error, errors.Throttled)
    assert "Retry-After" in error.header_values()


@pytest.mark.parametrize("code", ["InternalErrorException", "AccessDeniedException", "", "Novel"])
def test_an_unknown_code_is_a_lost_answer(code: str) -> None:
    assert isinstance(map_error("sign_up", code), errors.IdentityAnswerLost)
