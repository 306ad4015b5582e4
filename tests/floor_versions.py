"""What `nox -s floors` installs beside the kit at its lowest versions, and what it runs there."""

# Beside the kit's own floors: what its users bring, at the lowest supported, and test tools.
BESIDE = (
    "fastapi==0.115.*", "sqlalchemy==2.0.*; python_version < '3.13'",
    "sqlalchemy>=2.0.31,<2.1; python_version >= '3.13'",  # the first for that Python
    "pydantic==2.8.*", "sqlmodel==0.0.22",
    "python-multipart==0.0.18", "httpx==0.27.*", "email-validator==2.*",
    "alembic==1.13.*",
    "pytest-timeout==2.4.0", "pytest-socket==0.8.1",
    "pytest-xdist==3.8.0", "openapi-spec-validator==0.9.0",
)  # fmt: skip
COMPILED = ("cryptography", "jsonschema-rs", "psycopg2-binary", "pydantic-core", "pyyaml")
# Where libraries of others are touched; the rest is our own arithmetic.
TESTS = (
    "tests/test_control.py", "tests/test_environment_file.py", "tests/test_process_variables.py",
    "tests/test_surroundings.py", "tests/access/test_boundaries.py",
    "tests/access/test_given_rows.py", "tests/fuzzing", "tests/http", "tests/init",
    "tests/postgres/test_boot.py", "tests/postgres/test_clone.py",
    *(
        f"tests/cognito/test_{name}.py"
        for name in ("coexistence", "mfa", "oauth2", "seams", "signin", "signup", "tokens",
                     "transport", "trigger")
    ),
)  # fmt: skip
# Left out: what botocore 1.35 does not know yet (rotation, newer operations), Hypothesis' own
# warning in a folder that cannot be written, and its newer addresses, which pydantic refuses.
SELECTION = (
    "not rotat and not our_operations and not app_is_taken_away"
    " and not (cannot_be_written and run) and not not_always_taken"
)
