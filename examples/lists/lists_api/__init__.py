"""Shared nothing: lists of one's own, kept in PostgreSQL without an ORM."""
