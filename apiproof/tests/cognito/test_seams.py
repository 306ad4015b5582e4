# ruff: noqa: SLF001 - seams are private by nature
"""Where the emulator holds on to moto: each seam, so that an upgrade that moves one fails here.

The versions are those it was proven on (`nox -s floors` runs the lowest); prove it on the next by
running this directory and updating the pin.
"""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import boto3
import botocore.session
import jwt
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import JSONFileLoader
from joserfc import jwk
from moto.backend_index import backend_url_patterns
from moto.cognitoidp import models
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core import config, responses
from moto.core.exceptions import ServiceException
from moto.core.utils import camelcase_to_underscores
from moto.utilities.paginator import Paginator

from apiproof.cognito import Cognito, PoolKeys, botocore_hook, moto_key
from apiproof.cognito.backend import Backend
from apiproof.cognito.operations import Operations
from apiproof.cognito.pool import Pool
from apiproof.cognito.validation import operations
from tests.cognito.pools import PASSWORD


def test_moto_is_a_version_it_was_proven_on() -> None:
    assert version("moto").startswith(("5.1.", "5.2.")), (
        "Run apiproof/tests/cognito against this moto, look at every failure here, "
        "then move the pin in pyproject.toml and this test."
    )


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (models.CognitoIdpUserPool.__init__, "self account_id region name extended_config"),
        (
            models.CognitoIdpUser.__init__,
            "self user_pool_id username password status attributes",
        ),
        (
            models.CognitoIdpUserPoolClient.__init__,
            "self user_pool_id generate_secret extended_config",
        ),
        (
            models.CognitoIdpGroup.__init__,
            "self user_pool_id group_name description role_arn precedence",
        ),
        (models.CognitoIdpBackend.__init__, "self region_name account_id"),
        (models.CognitoIdpBackend.create_user_pool, "self name extended_config"),
        (
            models.CognitoIdpBackend.create_user_pool_client,
            "self user_pool_id generate_secret extended_config",
        ),
        (
            models.CognitoIdpBackend.update_user_pool_client,
            "self user_pool_id client_id extended_config",
        ),
        (models.CognitoIdpBackend._validate_password, "self user_pool_id password"),
        (models.CognitoIdpBackend.admin_delete_user, "self user_pool_id username"),
        (models.CognitoIdpUserPool._get_user, "self username"),
        (models.CognitoIdpUserPool.sign_out, "self username"),
        (models.CognitoIdpUser.update_attributes, "self new_attributes"),
        (models.CognitoIdpUser.delete_attributes, "self attrs_to_delete"),
        (
            Paginator.__init__,
            (
                "self max_results max_results_default starting_token unique_attribute "
                "param_values_to_check fail_on_invalid_token"
            ),
        ),
        (models.CognitoIdpUserPoolDomain._distribution_name, "self"),
        (responses.BaseResponse.serialized, "self action_result"),
        (responses.BaseResponse.setup_class, "self request full_url headers use_raw_body"),
    ],
    ids=lambda each: each.__qualname__ if callable(each) else "",
)
def test_signature_is_the_one_built_on(function: Callable[..., Any], parameters: str) -> None:
    assert " ".join(inspect.signature(function).parameters) == parameters


@pytest.mark.parametrize(
    ("ours", "motos"),
    [(Backend, models.CognitoIdpBackend), (Pool, models.CognitoIdpUserPool)],
)
def test_overridden_methods_are_still_called_by_moto(ours: type, motos: type) -> None:
    """A method of ours that moto no longer has would never be called."""
    hooks = {Backend: {"_validate_password"}, Pool: {"_get_user", "sign_out"}}
    source = inspect.getsource(models)
    for name in hooks[ours]:
        assert name in vars(ours)
        assert name in vars(motos)
        assert source.count(f".{name}(") >= 1


def test_tokens_are_made_in_one_place_only() -> None:
    """No sign-in of moto's is left: its tokens would carry its own key."""
    makers = {
        name
        for name, function in vars(models.CognitoIdpBackend).items()
        if inspect.isfunction(function)
        and any(
            f".{maker}(" in inspect.getsource(function)
            for maker in ("create_access_token", "create_tokens_from_refresh_token", "create_jwt")
        )
    }
    assert makers == {"_log_user_in", "initiate_auth", "admin_initiate_auth"}
    # `_log_user_in` is called by moto's answers to challenges alone, which are ours as well.
    for name in (makers - {"_log_user_in"}) | {
        "respond_to_auth_challenge",
        "admin_respond_to_auth_challenge",
    }:
        assert getattr(Operations, name) is not getattr(CognitoIdpResponse, name)


def test_operations_are_methods_of_their_names() -> None:
    for name in ("SignUp", "InitiateAuth", "AdminGetUser", "ListUsers"):
        assert hasattr(CognitoIdpResponse, camelcase_to_underscores(name))


def test_our_operations_are_the_services_own() -> None:
    newer = {"get_tokens_from_refresh_token"}  # botocore 1.38, above the floor
    known = {camelcase_to_underscores(name) for name in operations()} | newer
    ours = {
        name
        for group in Operations.__mro__
        if group.__module__.startswith("apiproof.cognito.operations.")
        and not group.__module__.endswith(".base")
        for name in vars(group)
        if not name.startswith("_")
    }
    assert ours <= known, ours - known


def test_backends_are_reached_in_two_ways_only() -> None:
    """Through `backend` and the region-agnostic one; both are overridden."""
    source = inspect.getsource(CognitoIdpResponse)
    global_ones = [line for line in source.splitlines() if "cognitoidp_backends[" in line]
    reached = {
        name
        for name, function in vars(CognitoIdpResponse).items()
        if inspect.isfunction(function) and "cognitoidp_backends[" in inspect.getsource(function)
    }
    assert global_ones
    assert reached == {"forgot_password", "confirm_forgot_password", "change_password"}
    for name in reached:
        assert getattr(Operations, name) is not getattr(CognitoIdpResponse, name)


def test_service_exceptions_serialize_with_their_code() -> None:
    assert issubclass(ServiceException, Exception)
    assert ServiceException("CodeMismatchException", "text").code == "CodeMismatchException"
    assert responses.ActionResult({}).result == {}


def test_services_can_be_passed_through() -> None:
    """So that moto doesn't act on our calls as well while a `mock_aws` is active."""
    url = "https://cognito-idp.us-east-1.amazonaws.com/"
    [name] = {name for name, pattern in backend_url_patterns if pattern.match(url)}
    with Cognito.start():
        assert config.passthrough_service(name)
        assert not config.passthrough_service("sts")


def test_botocore_asks_our_handler_first() -> None:
    with Cognito.start() as cognito:
        assert (botocore_hook.EVENT, botocore_hook.answer) in BUILTIN_HANDLERS
        request = AWSPreparedRequest(
            "POST",
            f"https://cognito-idp.{cognito.region}.amazonaws.com/",
            HTTPHeaders.from_dict(
                {"X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools"}
            ),
            '{"MaxResults": 1}',
            stream_output=False,
        )
        events = cognito.client().meta.events
        answers = events.emit(f"{botocore_hook.EVENT}.ListUserPools", request=request)
        assert [answer.status_code for _, answer in answers if answer is not None] == [200]
        elsewhere = AWSPreparedRequest(
            "POST", "http://127.0.0.1:1/", HTTPHeaders(), "{}", stream_output=False
        )
        assert botocore_hook.answer(elsewhere) is None


def test_keys_are_the_pools_own_not_motos() -> None:
    with Cognito.start() as cognito:
        cognito.create_user("ada", "ada@example.com", PASSWORD)
        tokens = cognito.issue_tokens("ada")
        for token in (tokens.access_token, tokens.id_token):
            assert jwt.get_unverified_header(token)["kid"] != "dummy"


def test_motos_own_key_is_read_for_motos_pools_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Any) -> None:
        raise AssertionError("it takes a tenth of a second")

    monkeypatch.setattr(jwk.RSAKey, "import_key", refused)
    monkeypatch.setattr(moto_key, "_read", [])  # others may have read it
    with Cognito.start():
        pass
    with pytest.raises(AssertionError, match="a tenth"):
        models.CognitoIdpUserPool("1", "eu-west-1", "motos", {})


def test_motos_key_is_read_once_for_all_of_motos_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moto_key, "_read", [])
    first, second = (
        models.CognitoIdpUserPool("1", "eu-west-1", name, {}) for name in ("one", "another")
    )
    assert first.json_web_key is second.json_web_key
    assert isinstance(first.json_web_key, jwk.RSAKey)


def test_key_material_of_stopped_pools_gets_a_new_kid() -> None:
    keys = PoolKeys()
    before = keys.access.kid
    keys.release()
    assert keys.access.kid != before


def _material(keys: PoolKeys) -> set[str]:
    return {key["n"] for key in keys.jwks()["keys"]}


def test_withdrawn_key_material_comes_back_only_when_its_users_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of a pool's rotations is to new material; to make it takes long, so it is kept."""
    spare: list[object] = []
    monkeypatch.setattr("apiproof.cognito.keys._spare", spare)
    with Cognito.start() as cognito:
        seen: set[str] = set()
        kids = set()
        for _ in range(3):
            assert seen.isdisjoint(_material(cognito.keys))
            seen |= _material(cognito.keys)
            kids |= {cognito.keys.access.kid, cognito.keys.id.kid}
            cognito.keys.rotate()
        last = _material(cognito.keys)
        cognito.reset()
        assert _material(cognito.keys) == last
        for _ in range(3):
            cognito.keys.rotate()
            assert _material(cognito.keys) < seen
            assert kids.isdisjoint({cognito.keys.access.kid, cognito.keys.id.kid})
        cognito.reset()
        cognito.reset()
        assert len(spare) == len({id(key) for key in spare}) > 0


def test_withdrawn_key_material_of_a_state_file_never_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spare: list[object] = []
    monkeypatch.setattr("apiproof.cognito.keys._spare", spare)
    keys = PoolKeys()
    _material(keys)
    keys.rotate()
    assert "_withdrawn" not in keys.__getstate__()
    keys.forget_withdrawn()
    keys.release()
    assert spare == []


def test_a_new_client_looks_up_no_name_of_an_event_that_another_has_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a service's events are called has changed, and botocore goes through a list of it."""
    looked_up = set()

    class Names(dict[str, str]):
        def __setitem__(self, name: str, now: str) -> None:
            looked_up.add(name)
            super().__setitem__(name, now)

    monkeypatch.setattr(botocore_hook, "_names", Names())

    def call() -> None:
        client = boto3.session.Session().client("cognito-idp", region_name="eu-west-1")
        client.list_user_pools(MaxResults=1)

    with Cognito.start():
        call()
        assert "after-call.cognito-identity-provider.ListUserPools" in looked_up
        assert "creating-client-class.rds" in looked_up  # what a session begins with
        looked_up.clear()
        call()
    assert looked_up == set()


def test_events_with_other_names_of_a_users_own_are_left_alone() -> None:
    with Cognito.start():
        mine = botocore.session.EventAliaser(HierarchicalEmitter(), {"mine": "yours"})
        heard: list[str] = []
        mine.register("now.yours", lambda **_: heard.append("mine"))
        mine.emit("now.mine")
    assert heard == ["mine"]
    assert "now.mine" not in botocore_hook._names


def test_a_new_session_reads_nothing_that_another_has_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def client() -> Any:
        return boto3.session.Session().client("cognito-idp", region_name="eu-west-1")

    with Cognito.start():
        first = client()
        read: list[str] = []
        load = JSONFileLoader.load_file

        def counted(self: JSONFileLoader, path: str) -> Any:
            read.append(path)
            return load(self, path)

        monkeypatch.setattr(JSONFileLoader, "load_file", counted)
        second = client()
    assert read == []
    assert first.meta.service_model.operation_names == second.meta.service_model.operation_names
