"""pytest fixtures and markers of the kit; no logic of its own."""
