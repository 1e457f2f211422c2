from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from sensors.access import (
    ALLOWED,
    Action,
    Audience,
    Principal,
    Role,
    authorise,
    issue_token,
    principal_for,
    verify_token,
)
from sensors.errors import AccessError, ErrorKind

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def pair() -> tuple[str, str]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


PRIVATE, PUBLIC = pair()
OFFICER = principal_for("officer", Role.DUTY_OFFICER, "t1", NOW, timedelta(hours=12))


def claims(**changed: object) -> dict[str, object]:
    return {
        "iss": "shekara",
        "aud": "session",
        "sub": "officer",
        "role": "duty-officer",
        "jti": "t1",
        "exp": int(OFFICER.expires_at.timestamp()),
        **changed,
    }


def test_a_viewer_only_looks_and_only_an_administrator_manages_accounts() -> None:
    assert ALLOWED[Role.VIEWER] == {Action.WATCH_WALL, Action.READ_STATE, Action.READ_HISTORY}
    assert [role for role in Role if Action.MANAGE_ACCOUNTS in ALLOWED[role]] == [Role.ADMINISTRATOR]
    assert [role for role in Role if Action.APPROVE_DEVICE in ALLOWED[role]] == [Role.TECHNICIAN, Role.ADMINISTRATOR]
    assert [role for role in Role if Action.ACKNOWLEDGE_ALARM in ALLOWED[role]] == [
        Role.DUTY_OFFICER,
        Role.ADMINISTRATOR,
    ]
    assert [role for role in Role if Action.INSTRUCT in ALLOWED[role]] == [Role.INSTRUCTOR, Role.ADMINISTRATOR]
    assert set(ALLOWED) == set(Role)
    assert ALLOWED[Role.ADMINISTRATOR] == set(Action)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_the_gate_follows_the_table(role: Role, action: Action) -> None:
    principal = Principal("somebody", role, "t", NOW)
    if action in ALLOWED[role]:
        assert authorise(principal, action) is principal
    else:
        with pytest.raises(AccessError) as caught:
            authorise(principal, action)
        assert caught.value.error_kind is ErrorKind.FORBIDDEN


@pytest.mark.parametrize("action", Action)
def test_nobody_may_do_anything(action: Action) -> None:
    with pytest.raises(AccessError) as caught:
        authorise(None, action)
    assert caught.value.error_kind is ErrorKind.UNAUTHENTICATED


@pytest.mark.parametrize("audience", Audience)
def test_a_token_says_who_as_what_until_when_and_for_what(audience: Audience) -> None:
    token = issue_token(OFFICER, audience, PRIVATE)
    assert verify_token(token, audience, PUBLIC, NOW) == OFFICER
    for other in set(Audience) - {audience}:
        with pytest.raises(AccessError):
            verify_token(token, other, PUBLIC, NOW)


def test_a_token_is_over_at_its_time() -> None:
    token = issue_token(OFFICER, Audience.SESSION, PRIVATE)
    assert verify_token(token, Audience.SESSION, PUBLIC, OFFICER.expires_at - timedelta(seconds=1)) == OFFICER
    with pytest.raises(AccessError, match="expired"):
        verify_token(token, Audience.SESSION, PUBLIC, OFFICER.expires_at)


def test_a_token_signed_by_another_is_refused() -> None:
    stranger, _ = pair()
    with pytest.raises(AccessError):
        verify_token(issue_token(OFFICER, Audience.SESSION, stranger), Audience.SESSION, PUBLIC, NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "king"},
        {"role": None},
        {"role": ["viewer"]},
        {"iss": "other"},
        {"exp": "soon"},
        {"exp": 10**30},
        {"exp": None},
        {"sub": None},
        {"jti": None},
        {"aud": "ticket"},
        {"aud": None},
    ],
)
def test_claims_that_make_no_sense_are_refused(changed: dict[str, object]) -> None:
    assert verify_token(jwt.encode(claims(), PRIVATE, "EdDSA"), Audience.SESSION, PUBLIC, NOW) == OFFICER
    token = jwt.encode(
        {name: value for name, value in claims(**changed).items() if value is not None}, PRIVATE, "EdDSA"
    )
    with pytest.raises(AccessError):
        verify_token(token, Audience.SESSION, PUBLIC, NOW)


def test_a_token_without_a_signature_or_signed_with_the_public_key_is_refused() -> None:
    unsigned = jwt.encode(claims(), "", "none")
    with pytest.raises(AccessError):
        verify_token(unsigned, Audience.SESSION, PUBLIC, NOW)
    head, body, _ = jwt.encode(claims(), "k" * 32, "HS256").split(".")
    with pytest.raises(AccessError):
        verify_token(f"{head}.{body}.AAAA", Audience.SESSION, PUBLIC, NOW)


@given(st.text(max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(AccessError):
        verify_token(text, Audience.SESSION, PUBLIC, NOW)


@given(st.integers(0, 400), st.characters(codec="ascii"))
def test_a_token_with_one_letter_changed_is_refused(place: int, letter: str) -> None:
    token = issue_token(OFFICER, Audience.SESSION, PRIVATE)
    place %= len(token) - 1  # The last letter of base64 carries bits that mean nothing.
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(AccessError):
            verify_token(changed, Audience.SESSION, PUBLIC, NOW)
