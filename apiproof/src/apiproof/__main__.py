"""`python -m apiproof`: the same as the console script."""

from apiproof.cli import main

main()
