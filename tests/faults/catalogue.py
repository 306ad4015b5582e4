"""The catalogue of planted defects and the layers that may notice them: `nox -s sensitivity`.

Nothing here imports `api`: it must not be loaded before a defect is planted.
"""

from pathlib import Path

from apiproof.faults import Access, Pacts, Stock, Study, Suite
from apiproof.faults.catalogue import read_defects

DEFECT_FILES = Path(__file__).parent / "defects"
AREAS = ("tokens", "sessions", "accounts", "randoms", "protocol", "dependencies", "operating")
# These test the tests, or start the service in a process of its own, where nothing is planted.
BLIND = ("test_profiles.py", "test_script.py", "test_measuring.py", "test_killed_process.py")

STUDY = Study(
    defects=read_defects(*(DEFECT_FILES / f"{name}.toml" for name in AREAS)),
    layers=(
        Stock(),
        # Access and pacts are layers of their own.
        Suite(
            "contract",
            ("tests/contract",),
            ("test_access.py", "test_pacts.py", "consumers/", "live/"),
        ),
        Access(),
        Suite("property", ("tests/property",), BLIND),
        Pacts(),
    ),
    suppressions=Path(__file__).parent / "mutation.toml",
    sources=("api", "tests", "apiproof", "pacts", "openapi.json", "schemathesis.toml"),
)
