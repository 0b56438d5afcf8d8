"""Access tokens: whatever is done to one, nobody gets in with it."""

from __future__ import annotations

import base64
import json
import random

import jwt
import pytest

from tonearm_api.errors import Unauthenticated
from tonearm_server.auth.keys import Keys
from tonearm_server.auth.tokens import TokenIssuer
from tonearm_server.kit.clock import SystemClock

KEYS = Keys(access=b"a" * 32, refresh=b"r" * 32, tickets=b"t" * 32, sealing=b"s" * 32)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0é"
MUTATIONS = 10_000


@pytest.fixture
def issuer() -> TokenIssuer:
    return TokenIssuer(KEYS, SystemClock())


@pytest.fixture
def genuine(issuer: TokenIssuer) -> str:
    token = issuer._tokens("session", "user", refresh_token="r").access_token
    assert issuer.read_access_token(token) == "session"
    return token


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def mutated(token: str, chance: random.Random) -> str:
    """One change: a character replaced, taken out or put in, parts swapped, doubled or cut off."""
    at = chance.randrange(len(token))
    match chance.randrange(6):
        case 0:
            return token[:at] + chance.choice(ALPHABET) + token[at + 1 :]
        case 1:
            return token[:at] + token[at + 1 :]
        case 2:
            return token[:at] + chance.choice(ALPHABET) + token[at:]
        case 3:
            parts = token.split(".")
            chance.shuffle(parts)
            return ".".join(parts)
        case 4:
            return token[: max(1, at)] + token
        case _:
            return token[:at]


def means_the_same(one: str, other: str) -> bool:
    """Base64 has several spellings of some last characters; a token is what it decodes to."""

    def decoded(token: str) -> list[bytes]:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]

    try:
        return one == other or decoded(one) == decoded(other)
    except ValueError:
        return False


def test_ten_thousand_mutated_tokens_are_refused(issuer: TokenIssuer, genuine: str) -> None:
    chance = random.Random(20261124)  # the same ones in every run
    candidates = (mutated(genuine, chance) for _ in range(MUTATIONS))
    accepted = []
    for candidate in candidates:
        if means_the_same(candidate, genuine):
            continue
        try:
            issuer.read_access_token(candidate)
        except Unauthenticated:
            continue
        accepted.append(candidate)

    assert accepted == []


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "at+jwt"},
        {"alg": "None", "typ": "at+jwt"},
        {"alg": "HS256", "typ": "JWT"},
        {"alg": "HS384", "typ": "at+jwt"},
        {"alg": "RS256", "typ": "at+jwt"},
        {"alg": "HS256", "typ": "at+jwt", "crit": ["exp"]},
        {"alg": "HS256", "typ": "at+jwt", "kid": "../../dev/null"},
        {"alg": "HS256", "typ": "at+jwt", "jwk": {"kty": "oct", "k": "YQ"}},
        {"alg": "HS256", "typ": "at+jwt", "jku": "https://example.test/keys"},
    ],
    ids=lambda header: "-".join(f"{name}={value}" for name, value in header.items())[:40],
)
def test_a_header_of_ones_own_chooses_nothing(issuer: TokenIssuer, genuine: str, header: dict[str, object]) -> None:
    _, payload, signature = genuine.split(".")

    for token in (f"{encoded(header)}.{payload}.", f"{encoded(header)}.{payload}.{signature}"):
        with pytest.raises(Unauthenticated):
            issuer.read_access_token(token)


@pytest.mark.parametrize("claim", ["exp", "iat", "sub", "sid", "aud"])
def test_a_token_without_a_claim_is_refused_though_it_is_signed(issuer: TokenIssuer, genuine: str, claim: str) -> None:
    claims = jwt.decode(genuine, options={"verify_signature": False})
    del claims[claim]
    token = jwt.encode(claims, KEYS.access, algorithm="HS256", headers={"typ": "at+jwt"})

    with pytest.raises(Unauthenticated):
        issuer.read_access_token(token)


@pytest.mark.parametrize("key", [KEYS.refresh, KEYS.tickets, KEYS.sealing, b"", b"secret"])
def test_another_key_signs_nothing(issuer: TokenIssuer, genuine: str, key: bytes) -> None:
    claims = jwt.decode(genuine, options={"verify_signature": False})
    head = f"{encoded({'alg': 'HS256', 'typ': 'at+jwt'})}.{encoded(claims)}"
    signature = jwt.get_algorithm_by_name("HS256").sign(head.encode(), key)
    token = f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    with pytest.raises(Unauthenticated):
        issuer.read_access_token(token)
