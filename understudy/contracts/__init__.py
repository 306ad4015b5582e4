"""Contracts between a provider and its consumers: pacts, OpenAPI documents, what breaks them."""
