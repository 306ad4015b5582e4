"""Access: every case at every operation, every object as somebody else, from the document."""

from collections.abc import Iterator

import pytest

from apiproof.access import leaks, probe_of
from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.jwt import CREDENTIAL_CASES
from apiproof.reporting import Status
from tests.service import SERVICE

# A key's near misses are cases of schemes without tokens.
NOT_FOR_TOKENS = {"nearly"}


@pytest.fixture
def talkative(env: Environment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """The environment, with an application that logs everything."""
    with monkeypatch.context() as patch:
        patch.setenv("LOG_LEVEL", "DEBUG")
        application = env.application()
    with AsgiClient(application) as client:
        monkeypatch.setattr(env, "client", client)
        yield env
    env.application()  # logs as before


def test_every_credential_case_gets_its_answer_and_no_log_holds_a_secret(
    talkative: Environment, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    probe = probe_of(SERVICE, talkative)
    report = probe.run()
    assert [finding.line for finding in report.findings] == []
    tried = {(cell.operation_id, cell.case): cell.status for cell in report.cells}
    secured = [found.operation_id for found in probe.operations.values() if found.secured]
    assert len(secured) >= 10
    for operation_id in secured:
        for case in {"valid", *CREDENTIAL_CASES} - NOT_FOR_TOKENS:
            assert tried[operation_id, case] is Status.PASSED, (operation_id, case)
    for operation_id in ("read_random", "update_random", "delete_random"):
        assert tried[operation_id, "other-user"] is Status.PASSED
        assert tried[operation_id, "other-admin"] is Status.PASSED
    assert tried["list_randoms", "listing"] is Status.PASSED
    assert {cell.evidence != "" for cell in report.cells if cell.got} == {True}

    printed = capsys.readouterr()
    logged = printed.out + printed.err + caplog.text
    assert "read_random" in logged  # the service logs its requests
    assert set(leaks(logged, probe.secrets)) == set()
