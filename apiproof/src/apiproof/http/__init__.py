"""Ways to reach an ASGI application and to serve one: client, server, small JSON applications."""
