"""Who the users are: the identity provider, its tokens and its trigger."""
