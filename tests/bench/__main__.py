"""`nox -s bench`: every benchmark in one run; read the ratios, not the figures."""

import sys
from importlib import import_module

NAMES = ("throughput", "isolation", "properties", "access", "contracts")


def main(chosen: list[str]) -> None:
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        sys.exit(f"No benchmark {', '.join(unknown)}. Choose from: {', '.join(NAMES)}.")
    for name in chosen or NAMES:
        import_module(f"tests.bench.{name}").main()


main(sys.argv[1:])
