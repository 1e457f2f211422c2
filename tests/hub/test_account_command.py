import os
import subprocess
from pathlib import Path

from tests.support.forked import run_shekara

PASSWORD = "quiet-border-night"


def account(
    folder: Path, *arguments: str, given: str = "", environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    given_environ = {**os.environ, "SHEKARA_HUB_DATA_DIR": str(folder), **(environ or {})}
    return run_shekara(folder, "account", *arguments, environ=given_environ, given=given)


def test_accounts_are_made_listed_and_removed_without_a_password_on_the_command_line(tmp_path: Path) -> None:
    made = account(tmp_path, "set", "chief", "--role", "administrator", given=f"{PASSWORD}\n")
    assert (made.returncode, made.stdout) == (0, "chief: administrator\n"), made.stderr
    second = account(
        tmp_path, "set", "дежурный", "--role", "duty-officer", environ={"SHEKARA_ACCOUNT_PASSWORD": PASSWORD}
    )
    assert second.returncode == 0, second.stderr
    listed = account(tmp_path, "list").stdout
    assert [line.split("\t")[:2] for line in listed.splitlines()] == [
        ["chief", "administrator"],
        ["дежурный", "duty-officer"],
    ]
    assert account(tmp_path, "remove", "дежурный").returncode == 0
    assert PASSWORD not in made.stdout + made.stderr + second.stdout + second.stderr


def test_what_is_refused_is_said_in_one_line_with_its_exit_code(tmp_path: Path) -> None:
    account(tmp_path, "set", "chief", "--role", "administrator", given=PASSWORD)
    last = account(tmp_path, "remove", "chief")
    assert (last.returncode, last.stderr.count("\n")) == (6, 1)
    assert "last administrator" in last.stderr
    short = account(tmp_path, "set", "other", "--role", "viewer", given="short")
    assert (short.returncode, "12 to 256" in short.stderr) == (3, True)
    none = account(tmp_path, "set", "other", "--role", "viewer")
    assert (none.returncode, "no password was given" in none.stderr) == (2, True)
