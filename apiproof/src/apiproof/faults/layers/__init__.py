"""The layers that a study can have; each looks at the service in its own way."""
