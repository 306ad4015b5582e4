from tests.cognito.behaviours import behaviour, expect, refused
from tests.cognito.bench import Bench


@behaviour(
    "SRP sign-in is refused rather than faked, also where the client allows it",
    "PASSWORD_VERIFIER challenge",
    "M",
)
def test_srp_is_refused(bench: Bench) -> None:
    pool = bench.pool(auth_flows=("ALLOW_USER_SRP_AUTH",))
    pool.user("ada")
    with refused("InvalidParameterException"):
        pool.aws.initiate_auth(
            ClientId=pool.client_id,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": "ada", "SRP_A": "1", "SECRET_HASH": pool.hash("ada")},
        )


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


@behaviour("software token MFA is moto's: any code passes", "CodeMismatchException", "M")
def test_mfa_codes_are_not_checked(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["AccessToken"]
    pool.aws.associate_software_token(AccessToken=token)
    pool.aws.verify_software_token(AccessToken=token, UserCode="000000")
    pool.aws.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    challenge = pool.log_in("ada")
    expect(challenge.get("ChallengeName"), "SOFTWARE_TOKEN_MFA", "no challenge")
    answer = pool.aws.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=challenge["Session"],
        ChallengeResponses={
            "USERNAME": "ada",
            "SOFTWARE_TOKEN_MFA_CODE": "000000",
            "SECRET_HASH": pool.hash("ada"),
        },
    )
    # The tokens are the pool's own all the same.
    pool.verified(answer["AuthenticationResult"]["AccessToken"])


@behaviour(
    "requests per second are not limited: plan an outage to see it",
    "TooManyRequestsException above 50 sign-ups a second",
    "D",
)
def test_request_rates_are_not_limited(bench: Bench) -> None:
    pool = bench.pool()
    for number in range(60):
        pool.sign_up(f"user-{number}")
