from collections.abc import Iterator
from typing import Any

import pytest

from api import errors
from api.openapi_cli import document
from api.openapi_responses import ValidationFailure, responses

GROUPS = {errors.RequestInvalid, errors.Unavailable, errors.IdentityAnswerLost}


def family(error: type[errors.ApiError]) -> Iterator[type[errors.ApiError]]:
    for child in error.__subclasses__():
        yield child
        yield from family(child)


ALL = sorted(set(family(errors.ApiError)), key=lambda error: error.__name__)


def operations() -> Iterator[dict[str, Any]]:
    for path in document()["paths"].values():
        yield from path.values()


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_an_error_owns_status_text_and_documentation(error: type[errors.ApiError]) -> None:
    assert 400 <= error.status_code < 600
    assert error.detail
    assert error.__doc__
    answer = responses(error)[error.status_code]
    assert answer["description"] in error.__doc__
    assert set(answer.get("headers", {})) == set(error.headers)


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_an_error_is_declared_by_an_operation(error: type[errors.ApiError]) -> None:
    if error in GROUPS:
        return
    first = (error.__doc__ or "").splitlines()[0]
    said = [
        operation["operationId"]
        for operation in operations()
        if first in operation["responses"].get(str(error.status_code), {}).get("description", "")
    ]
    assert said, f"{error.__name__}: no operation declares it; delete it or declare it"


def test_errors_of_one_status_share_an_answer() -> None:
    both = responses(errors.ScopeMissing, errors.PasswordWrong)
    assert list(both) == [403]
    examples = both[403]["content"]["application/json"]["examples"]
    assert set(examples) == {"ScopeMissing", "PasswordWrong"}
    # Not required: a wrong password comes without a challenge.
    assert both[403]["headers"]["WWW-Authenticate"]["required"] is False


def test_only_refusals_of_input_have_a_list() -> None:
    with_list = {
        error.__name__
        for error in ALL
        if responses(error)[error.status_code]["model"] is ValidationFailure
    }
    assert with_list == {error.__name__ for error in ALL if error.status_code == 422}
