"""The Randomizer API: sign-up and login through Cognito, random numbers per user."""
