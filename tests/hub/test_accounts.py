from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from hub.people.accounts import FILE_NAME, MAX_SESSIONS, Accounts
from hub.people.keys import load_or_create_keys
from hub.people.throttle import MAX_ENTRIES, Throttle, ThrottledError
from sensors.access import Audience, Role, issue_token, verify_token
from sensors.clock import ManualClock
from sensors.errors import AccessError, ConfigError, ConflictError, NotFoundError, ShekaraError, WireError

PASSWORD = "quiet-border-night"
SHIFT = timedelta(hours=12)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 6, 0, tzinfo=UTC))


@pytest.fixture
def accounts(tmp_path: Path, clock: ManualClock) -> Accounts:
    accounts = Accounts(tmp_path, clock, CHEAP)
    accounts.set("chief", Role.ADMINISTRATOR, PASSWORD)
    return accounts


def test_the_right_password_starts_a_sign_in_that_counts(accounts: Accounts) -> None:
    principal = accounts.authenticate("chief", PASSWORD, SHIFT)
    assert (principal.name, principal.role) == ("chief", Role.ADMINISTRATOR)
    assert accounts.is_live(principal)


@pytest.mark.parametrize(("name", "password"), [("chief", "quiet-border-nighT"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_are_told_apart_by_nobody(
    accounts: Accounts, name: str, password: str
) -> None:
    with pytest.raises(AccessError) as caught:
        accounts.authenticate(name, password, SHIFT)
    assert caught.value.text == "name or password is wrong. Try again"


def test_an_unknown_name_costs_one_verification_like_a_known_one(tmp_path: Path, clock: ManualClock) -> None:
    class Counting(PasswordHasher):
        verified = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - the parent's name for it
            Counting.verified += 1
            return super().verify(hash, password)

    accounts = Accounts(tmp_path, clock, Counting(time_cost=1, memory_cost=8, parallelism=1))
    accounts.set("chief", Role.ADMINISTRATOR, PASSWORD)
    for name in ("chief", "nobody"):
        with pytest.raises(AccessError):
            accounts.authenticate(name, "wrong", SHIFT)
    assert Counting.verified == 2


def test_a_sign_in_ends_when_its_time_is_over(accounts: Accounts, clock: ManualClock) -> None:
    principal = accounts.authenticate("chief", PASSWORD, SHIFT)
    clock.advance(SHIFT.total_seconds())
    assert not accounts.is_live(principal)


def test_a_sign_in_ends_when_it_is_revoked_and_the_others_go_on(accounts: Accounts) -> None:
    first, second = (accounts.authenticate("chief", PASSWORD, SHIFT) for _ in range(2))
    accounts.revoke(first)
    accounts.revoke(first)
    assert not accounts.is_live(first)
    assert accounts.is_live(second)


def test_sign_ins_end_when_the_account_changes_or_goes_even_from_another_process(
    accounts: Accounts, tmp_path: Path, clock: ManualClock
) -> None:
    elsewhere = Accounts(tmp_path, clock, CHEAP)
    elsewhere.set("officer", Role.DUTY_OFFICER, PASSWORD)
    before = accounts.authenticate("officer", PASSWORD, SHIFT)
    elsewhere.set("officer", Role.VIEWER, PASSWORD)
    assert not accounts.is_live(before)
    after = accounts.authenticate("officer", PASSWORD, SHIFT)
    assert after.role is Role.VIEWER
    elsewhere.remove("officer")
    assert not accounts.is_live(after)


def test_an_account_made_again_does_not_revive_old_sign_ins(accounts: Accounts) -> None:
    accounts.set("officer", Role.VIEWER, PASSWORD)
    before = accounts.authenticate("officer", PASSWORD, SHIFT)
    accounts.remove("officer")
    accounts.set("officer", Role.VIEWER, PASSWORD)
    assert not accounts.is_live(before)


def test_a_forged_role_in_a_principal_does_not_count(accounts: Accounts) -> None:
    accounts.set("officer", Role.VIEWER, PASSWORD)
    principal = accounts.authenticate("officer", PASSWORD, SHIFT)
    assert not accounts.is_live(
        type(principal)("officer", Role.ADMINISTRATOR, principal.token_id, principal.expires_at)
    )


def test_the_oldest_of_too_many_sign_ins_gives_way(accounts: Accounts, clock: ManualClock) -> None:
    signed_in = []
    for _ in range(MAX_SESSIONS + 1):
        signed_in.append(accounts.authenticate("chief", PASSWORD, SHIFT))
        clock.advance(1)
    assert [accounts.is_live(each) for each in (signed_in[0], signed_in[1], signed_in[-1])] == [False, True, True]


def test_the_last_administrator_cannot_be_removed_or_demoted(accounts: Accounts) -> None:
    with pytest.raises(ConflictError):
        accounts.remove("chief")
    with pytest.raises(ConflictError):
        accounts.set("chief", Role.VIEWER, PASSWORD)
    accounts.set("deputy", Role.ADMINISTRATOR, PASSWORD)
    accounts.remove("chief")
    assert [account.name for account in accounts.all()] == ["deputy"]


def test_two_administrators_who_remove_each_other_at_once_leave_one(accounts: Accounts) -> None:
    accounts.set("deputy", Role.ADMINISTRATOR, PASSWORD)

    def remove(name: str) -> str:
        try:
            accounts.remove(name)
        except ShekaraError as error:
            return type(error).__name__
        return "removed"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(remove, ("chief", "deputy")))
    assert outcomes == ["ConflictError", "removed"]


@pytest.mark.parametrize("password", ["", "short-only!", "x" * 257])
def test_passwords_have_bounds(accounts: Accounts, password: str) -> None:
    with pytest.raises(WireError, match="password"):
        accounts.set("officer", Role.VIEWER, password)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "a\n", "<b>"])
def test_names_have_bounds(accounts: Accounts, name: str) -> None:
    with pytest.raises(WireError, match="account name"):
        accounts.set(name, Role.VIEWER, PASSWORD)


def test_names_in_any_alphabet_are_one_name_however_they_are_composed(accounts: Accounts) -> None:
    accounts.set("й", Role.VIEWER, PASSWORD)
    assert accounts.authenticate("и\N{COMBINING BREVE}", PASSWORD, SHIFT).name == "й"


def test_removing_nobody_is_said(accounts: Accounts) -> None:
    with pytest.raises(NotFoundError, match="ghost"):
        accounts.remove("ghost")


def test_the_file_holds_no_password_and_is_closed_to_others(accounts: Accounts, tmp_path: Path) -> None:
    accounts.authenticate("chief", PASSWORD, SHIFT)
    for file in tmp_path.glob(f"{FILE_NAME}*"):
        assert PASSWORD.encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0


def test_a_hash_of_weaker_parameters_is_made_anew_at_sign_in(tmp_path: Path, clock: ManualClock) -> None:
    Accounts(tmp_path, clock, CHEAP).set("chief", Role.ADMINISTRATOR, PASSWORD)
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    Accounts(tmp_path, clock, stronger).authenticate("chief", PASSWORD, SHIFT)
    assert b"m=16,t=2,p=1" in b"".join(file.read_bytes() for file in tmp_path.glob(f"{FILE_NAME}*"))


def test_a_file_that_is_no_database_is_named(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database, whatever its name says " * 40)
    with pytest.raises(ConfigError, match=FILE_NAME):
        Accounts(tmp_path, clock, CHEAP)


def test_keys_are_made_once_private_and_verify_each_other(tmp_path: Path, clock: ManualClock) -> None:
    keys = load_or_create_keys(tmp_path)
    assert load_or_create_keys(tmp_path) == keys
    assert (tmp_path / "keys" / "session.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys" / "session.pub").stat().st_mode & 0o777 == 0o644
    accounts = Accounts(tmp_path, clock, CHEAP)
    accounts.set("chief", Role.ADMINISTRATOR, PASSWORD)
    principal = accounts.authenticate("chief", PASSWORD, SHIFT)
    token = issue_token(principal, Audience.SESSION, keys.private_pem)
    public = (tmp_path / "keys" / "session.pub").read_text()
    assert verify_token(token, Audience.SESSION, public, clock.now()) == principal
    assert "PRIVATE" not in repr(keys)


def test_two_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: load_or_create_keys(tmp_path).private_pem, range(16)))
    assert len(made) == 1
    assert sorted(file.name for file in (tmp_path / "keys").iterdir()) == ["session.key", "session.pub"]


def test_a_lost_or_foreign_public_key_is_written_again(tmp_path: Path) -> None:
    keys = load_or_create_keys(tmp_path)
    (tmp_path / "keys" / "session.pub").write_text("something else")
    load_or_create_keys(tmp_path)
    assert (tmp_path / "keys" / "session.pub").read_text() == keys.public_pem


def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_or_create_keys(tmp_path)
    (tmp_path / "keys" / "session.key").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_or_create_keys(tmp_path)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff"])
def test_a_broken_private_key_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "session.key").write_bytes(content)
    (tmp_path / "keys" / "session.key").chmod(0o600)
    with pytest.raises(ConfigError, match="not an Ed25519 private key"):
        load_or_create_keys(tmp_path)


def test_failures_cost_twice_as_long_each_time(clock: ManualClock) -> None:
    throttle = Throttle(clock)
    waits = []
    for _ in range(16):
        throttle.failed("chief", "10.0.0.1")
        try:
            throttle.check("chief", "10.0.0.1")
        except ThrottledError as error:
            waits.append(error.retry_after_s)
            clock.advance(error.retry_after_s)
        else:
            waits.append(0.0)
    assert waits[:8] == [0, 0, 0, 1, 2, 4, 8, 16]
    assert waits[-1] == 300


def test_a_guesser_elsewhere_delays_the_officer_by_seconds_only(clock: ManualClock) -> None:
    throttle = Throttle(clock)
    for number in range(1000):
        throttle.failed("chief", f"10.0.{number // 250}.{number % 250}")
    with pytest.raises(ThrottledError) as caught:
        throttle.check("chief", "192.168.1.5")
    assert caught.value.retry_after_s <= 15


def test_one_address_that_tries_many_names_is_slowed(clock: ManualClock) -> None:
    throttle = Throttle(clock)
    for number in range(20):
        throttle.failed(f"name-{number}", "10.0.0.1")
    with pytest.raises(ThrottledError):
        throttle.check("another", "10.0.0.1")
    throttle.check("another", "10.0.0.2")


def test_success_and_a_quarter_of_an_hour_are_forgiving(clock: ManualClock) -> None:
    throttle = Throttle(clock)
    for _ in range(3):
        throttle.failed("chief", "10.0.0.1")
    throttle.succeeded("chief", "10.0.0.1")
    throttle.failed("chief", "10.0.0.1")
    throttle.check("chief", "10.0.0.1")
    for _ in range(3):
        clock.advance(1000)
        throttle.failed("chief", "10.0.0.1")
        throttle.check("chief", "10.0.0.1")


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=30))
def test_any_failures_leave_a_wait_that_ends(pairs: list[tuple[str, str]]) -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    throttle = Throttle(clock)
    for name, address in pairs:
        throttle.failed(name, address)
    clock.advance(300)
    for name, address in pairs:
        throttle.check(name, address)


def test_the_memory_of_failures_is_bounded(clock: ManualClock) -> None:
    throttle = Throttle(clock)
    for number in range(MAX_ENTRIES):
        throttle.failed(f"name-{number}", f"address-{number}")
    assert len(throttle._failures) == MAX_ENTRIES
