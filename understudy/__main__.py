"""`python -m understudy`: the same as the console script."""

from understudy.cli import main

main()
