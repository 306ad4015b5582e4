"""Verifying consumers' interactions against a provider; `results` is what comes out of it."""
