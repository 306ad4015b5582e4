"""Random numbers, each owned by a user."""
