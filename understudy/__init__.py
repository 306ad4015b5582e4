"""The understudy kit: it stands in for the world around a FastAPI + Cognito service."""
