"""Pacts: reading, provider states, verification, usage."""
