"""The service as it is deployed: many clients, and dependencies that misbehave at the socket."""
