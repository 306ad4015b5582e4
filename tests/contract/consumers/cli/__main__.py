"""`python -m tests.contract.consumers.cli`: write the pact of `randomizer-cli` into `pacts/`."""

from tests.contract.consumers.cli.writing import PACT, write_pact

if __name__ == "__main__":
    write_pact(PACT)
    print(f"Wrote {PACT}")  # noqa: T201 - it is a command
