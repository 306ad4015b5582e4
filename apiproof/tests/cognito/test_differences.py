from tests.cognito.behaviours import behaviour, expect, refused
from tests.cognito.bench import Bench


@behaviour(
    "a case-insensitive pool folds names like str.lower: ß and ss are two users",
    "not documented",
    "R",
)
def test_folding_is_lower_case(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("straße", email="a@example.com")
    pool.user("strasse", email="b@example.com")
    with refused("UsernameExistsException"):
        pool.sign_up("STRAßE", email="c@example.com")


@behaviour("the issuer is AWS's URL in both modes, wherever the keys are served", "the same", "D")
def test_issuer_is_the_aws_url(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    issuer = pool.claims(pool.log_in("ada")["AccessToken"])["iss"]
    expect(issuer, f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.id}", issuer)


@behaviour("a refresh token is opaque, no JWE", "an encrypted JWT", "D")
def test_refresh_token_is_opaque(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    expect(pool.log_in("ada")["RefreshToken"].count("."), 0, "dots")


@behaviour(
    "requests per second are not limited: plan an outage to see it",
    "TooManyRequestsException above 50 sign-ups a second",
    "D",
)
def test_request_rates_are_not_limited(bench: Bench) -> None:
    pool = bench.pool()
    for number in range(60):
        pool.sign_up(f"user-{number}")
