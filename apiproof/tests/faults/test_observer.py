"""The observer: a layer stops at its first finding, unless the check that claims it is to come."""

from apiproof.faults.observer import LayerFinding, Observer, Unit
from apiproof.jwt import sign_hmac
from apiproof.redaction import HIDDEN


class Requests:
    """Requests that were answered, as a coverage log counts them."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def send(self, operation: str, times: int = 1) -> None:
        self.counts[operation] = self.counts.get(operation, 0) + times

    def __call__(self) -> dict[str, int]:
        return dict(self.counts)


def test_a_finding_of_a_claiming_check_ends_the_layer() -> None:
    observer = Observer(Requests(), named=["guard"])
    assert observer.wants(["guard"])
    observer.found(["guard"], "test_guard[a]", "it is open")
    assert not observer.wants(["guard"])
    assert not observer.wants(["other"])
    assert observer.first == observer.claimed


def test_after_an_accident_only_claiming_checks_go_on() -> None:
    observer = Observer(Requests(), named=["guard"])
    observer.found(["other"], "test_other", "a crash")
    assert not observer.wants(["another"])
    assert observer.wants(["guard"])
    observer.found(["guard"], "test_guard", "it is open")
    assert observer.first is not None
    assert observer.claimed is not None
    assert (observer.first.where, observer.claimed.where) == ("test_other", "test_guard")


def test_after_its_budget_only_claiming_checks_go_on() -> None:
    observer = Observer(Requests(), named=["guard"], budget=-1.0)
    assert observer.exhausted
    assert not observer.wants(["other"])
    assert observer.wants(["guard"])


def test_without_a_defect_everything_is_looked_at() -> None:
    observer = Observer(Requests(), stop_at_first=False)
    observer.found(["one"], "test_one", "red")
    assert observer.wants(["two"])
    observer.found(["two"], "test_two", "red, too")
    assert [finding.where for finding in observer.findings] == ["test_one", "test_two"]


def test_known_false_alarms_are_no_findings() -> None:
    observer = Observer(Requests(), known=[("check", "GET /")])
    observer.found(["check"], "GET /", "as always")
    assert observer.first is None
    observer.found(["check"], "POST /", "new")
    assert observer.first is not None


def test_a_finding_says_after_how_many_cases() -> None:
    requests = Requests()
    requests.send("before", 5)
    observer = Observer(requests)
    requests.send("read", 3)
    observer.found(["check"], "GET /", "wrong")
    requests.send("read", 3)
    assert isinstance(observer.first, LayerFinding)
    assert observer.first.cases == 3
    assert observer.cases == 6


def test_a_unit_is_known_by_the_operations_that_answered_it() -> None:
    requests = Requests()
    requests.send("login")
    observer = Observer(requests)
    assert observer.wants(["test"])
    requests.send("read")
    observer.passed("test_read")
    assert observer.wants(["test"])
    observer.passed("test_nothing")
    assert observer.units["test_read"].operations == ("read",)
    assert observer.units["test_nothing"] == Unit(observer.units["test_nothing"].seconds, ())


def test_units_of_one_name_add_up() -> None:
    requests = Requests()
    observer = Observer(requests)
    for operation in ("write", "read"):
        assert observer.wants(["test"])
        requests.send(operation)
        observer.passed("test_both")
    assert observer.units["test_both"].operations == ("read", "write")


def test_what_is_kept_of_a_finding_holds_no_token() -> None:
    token = sign_hmac({"alg": "HS256"}, {"sub": "ada"}, b"key")
    observer = Observer(Requests())
    observer.found(["one"], "test_one", f'assert 200 == 401; {token}; {{"password": "hunter22"}}')
    [finding] = observer.findings
    assert finding.text == f'assert 200 == 401; {HIDDEN}; {{"password": "{HIDDEN}"}}'
