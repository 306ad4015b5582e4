"""`nox -s bench`: every benchmark in one run; read the ratios, not the figures.

`nox -s bench -- NAME...` runs some, `nox -s bench -- load --seconds 30` one with its options.
"""

import sys
from importlib import import_module

NAMES = (
    "throughput",
    "fuzzing",
    "isolation",
    "properties",
    "access",
    "contracts",
    "hops",
    "load",
    "outages",
)
WITH_OPTIONS = ("load", "fuzzing", "outages", "enumeration", "contracts")


def main(chosen: list[str]) -> None:
    if chosen and chosen[0] in WITH_OPTIONS:
        import_module(f"tests.bench.{chosen[0]}").main(chosen[1:])
        return
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        sys.stderr.write(f"No benchmark {', '.join(unknown)}. Choose from: {', '.join(NAMES)}.\n")
        sys.exit(2)
    for name in chosen or NAMES:
        import_module(f"tests.bench.{name}").main()


main(sys.argv[1:])
