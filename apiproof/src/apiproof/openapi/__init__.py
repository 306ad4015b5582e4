"""The one reader of OpenAPI documents."""
