"""`randomizer-cli`: a command-line client of the Randomizer API, and what it expects of it."""
