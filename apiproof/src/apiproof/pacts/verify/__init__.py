"""Playing consumers' interactions against a provider; see `results` for what comes out of it."""
