"""Contracts held against each other without a provider: documents, and pacts with documents."""
