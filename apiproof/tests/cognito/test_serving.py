import json
import stat
import threading
from pathlib import Path

import boto3
import pytest

from apiproof.cognito import Cognito, PortTaken, serving
from tests.cognito.pools import PASSWORD


def test_ready_file_says_all_that_a_client_needs(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ready.json"
    with serving.served(ready_file=path) as cognito:
        ready = json.loads(path.read_text())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        aws = boto3.client(
            "cognito-idp",
            endpoint_url=ready["endpoint_url"],
            region_name=ready["region"],
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        aws.admin_create_user(
            UserPoolId=ready["user_pool_id"], Username="ada", TemporaryPassword=PASSWORD
        )
        assert ready["client_id"] == cognito.client_id
        assert ready["client_secret"] == cognito.client_secret
        assert ready["issuer"] == cognito.issuer
        assert ready["jwks_url"] == cognito.jwks_url
        assert ready["control_url"] == f"{cognito.endpoint_url}/_apiproof"
    assert not path.exists()


def test_taken_port_is_told_in_one_line() -> None:
    with Cognito.start(http=True) as cognito:
        port = int((cognito.endpoint_url or "").rpartition(":")[2])
        with pytest.raises(PortTaken, match=f"Port {port} is taken") as refusal:
            Cognito.start(http=True, port=port)
    assert "\n" not in str(refusal.value)


def test_served_on_the_port_asked_for() -> None:
    with Cognito.start(http=True) as cognito:
        port = int((cognito.endpoint_url or "").rpartition(":")[2])
    with serving.served(port=port) as cognito:
        assert cognito.endpoint_url == f"http://127.0.0.1:{port}"


def test_messages_are_told_until_the_interrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    ready = tmp_path / "ready.json"

    class Interrupted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - Event's signature
            where = json.loads(ready.read_text())
            aws = boto3.client(
                "cognito-idp",
                endpoint_url=where["endpoint_url"],
                region_name=where["region"],
                aws_access_key_id="x",
                aws_secret_access_key="x",
            )
            aws.admin_create_user(
                UserPoolId=where["user_pool_id"],
                Username="ada",
                TemporaryPassword=PASSWORD,
                UserAttributes=[{"Name": "email", "Value": "ada@example.com"}],
            )
            raise KeyboardInterrupt

    monkeypatch.setattr(serving, "Event", Interrupted)
    serving.serve(ready_file=ready, tell=told.append)
    assert told[0].startswith("Cognito user pool us-east-1_")
    assert told[1] == f"invitation code for ada <ada@example.com>: {PASSWORD}"
    assert not ready.exists()
