"""The catalogue of planted defects and the layers that may notice them: `nox -s sensitivity`.

Nothing here imports `api`: it must not be loaded before a defect is planted.
"""

from pathlib import Path

from understudy.sensitivity import Access, Pacts, Stock, Study, Suite
from understudy.sensitivity.catalogue import read_defects

PLANTED = Path(__file__).parent / "planted"
AREAS = ("tokens", "sessions", "accounts", "randoms", "protocol", "surroundings")

STUDY = Study(
    defects=read_defects(*(PLANTED / f"{name}.toml" for name in AREAS)),
    layers=(
        Stock(),
        # Pacts are a layer of their own.
        Suite("contract", ("tests/contract",), ("test_pacts.py", "consumers/")),
        Access(),
        # These two test the tests; they say nothing of the service.
        Suite("property", ("tests/property",), ("test_profiles.py", "test_script.py")),
        Pacts(),
    ),
    excuses=Path(__file__).parent / "mutation.toml",
    sources=("api", "tests", "understudy", "pacts", "openapi.json", "schemathesis.toml"),
)
