"""The kit's own benchmarks, run by `nox -s bench`; read the ratios, not the figures."""

import sys
from importlib import import_module

NAMES = ("cognito",)


def main(chosen: list[str]) -> None:
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        sys.exit(f"No benchmark {', '.join(unknown)}. Choose from: {', '.join(NAMES)}.")
    codes = [import_module(f"tests.bench.{name}").main() for name in chosen or NAMES]
    sys.exit(max(codes))


main(sys.argv[1:])
