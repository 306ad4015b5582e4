"""The apiproof kit: it stands in for the environment around a FastAPI + Cognito service."""
