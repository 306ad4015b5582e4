"""From interactions that were played to the pact file of `randomizer-cli`."""

import json
import os
import tempfile
from pathlib import Path

from tests.contract.consumers.cli import accounts, numbers
from tests.contract.consumers.cli.expectations import CONSUMER, PROVIDER, new_pact

ROOT = Path(__file__).parents[4]
PACT = ROOT / "pacts" / f"{CONSUMER}--{PROVIDER}.json"
CASES = (*accounts.CASES, *numbers.CASES)


def write_pact(path: Path) -> None:
    """Play every case and write what was played, the same bytes each time.

    Each has a pact of its own, as one mock cannot give two answers to one request; the library
    merges them into one file, so it starts from none.
    """
    os.environ["PACT_DO_NOT_TRACK"] = "true"
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            pact = new_pact()
            case.play(pact)
            pact.write_file(folder)
        written = Path(folder) / f"{CONSUMER}-{PROVIDER}.json"
        document = json.loads(written.read_text(encoding="utf-8"))
    # It names the library's version, and would change with it.
    document["metadata"].pop("pactRust", None)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")
