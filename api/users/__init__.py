"""Users: accounts, sessions, profiles."""
