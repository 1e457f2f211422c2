import asyncio
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.doctor.examination import examine
from hub.doctor.finding import Finding, Level
from hub.people.accounts import Accounts
from hub.people.keys import load_or_create_keys
from sensors.access import Role
from sensors.clock import SystemClock
from sensors.rtsp.authentication import Credentials
from sensors.secrets import parse_secrets
from sensors.settings import Settings, parse_document
from tests.hub.faulty_influx import serving
from tests.hub.standing_hub import CHEAP, PASSWORD, standing_hub
from tests.support.brokers import free_port, running_broker
from tests.support.forked import run_shekara


def visit(folder: Path, text: str = "", environ: dict[str, str] | None = None, secrets: str = "") -> dict[str, Finding]:
    """The findings by part; what the text does not say is free ports and a folder of this test."""
    document = parse_document(text.encode(), "shekara.toml")
    document.setdefault("hub", {}).setdefault("data_dir", str(folder / "data"))
    document["hub"].setdefault("port", free_port())
    document.setdefault("broker", {}).setdefault("port", free_port())
    document.setdefault("wall", {}).setdefault("port", free_port())
    document["wall"].setdefault("public_key_file", str(folder / "data" / "keys" / "session.pub"))
    known = parse_secrets(secrets.encode(), {}, "secrets.toml")
    settings = Settings(str(folder / "shekara.toml"), document, environ or {}, known)
    return {finding.part: finding for finding in examine(settings)}


def test_a_fresh_machine_is_told_what_comes_next_and_left_as_it_was(tmp_path: Path) -> None:
    found = visit(tmp_path)
    assert {part for part, finding in found.items() if finding.level is not Level.OK} == {
        "accounts",
        "[wall] public_key_file",
    }
    assert list(tmp_path.iterdir()) == []


async def test_a_hub_that_stands_is_found_in_order(tmp_path: Path) -> None:
    async with standing_hub(tmp_path / "data") as hub:
        port = hub.url.rpartition(":")[2]
        found = await asyncio.to_thread(visit, tmp_path, f"[hub]\nport = {port}")
    assert {part for part, finding in found.items() if finding.level is not Level.OK} == set()
    assert "answered already, by Shekara" in found["[hub] port"].text
    assert "administrator" in found["accounts"].text


@contextmanager
def mute() -> Iterator[int]:
    """Something that takes a port and speaks neither HTTP nor MQTT."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"220 smtp\r\n")

        thread = threading.Thread(target=answer, name="mute")
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_ports_that_others_have_taken_are_named(tmp_path: Path) -> None:
    with mute() as port:
        found = visit(tmp_path, f"[hub]\nport = {port}\n[wall]\nport = {port}\n[broker]\nport = {port}")
    for part in ("[hub] port", "[wall] port", "broker"):
        assert (found[part].level, str(port) in found[part].text) == (Level.FAIL, True), found[part]
        assert found[part].mend


@pytest.mark.slow
def test_a_broker_is_asked_whether_it_accepts_us(tmp_path: Path) -> None:
    secrets = '[mqtt]\nuser = "hub"\npassword = "{}"'
    with running_broker(tmp_path, Credentials("hub", "right")) as port:
        text = f'[broker]\nurl = "mqtt://127.0.0.1:{port}"'
        right = visit(tmp_path, text, secrets=secrets.format("right"))["broker"]
        wrong = visit(tmp_path, text, secrets=secrets.format("wrong"))["broker"]
        nobody = visit(tmp_path, text)["broker"]
    away = visit(tmp_path, text)["broker"]
    assert [each.level for each in (right, wrong, nobody, away)] == [Level.OK, Level.FAIL, Level.FAIL, Level.FAIL]
    assert ("refuses" in wrong.text, "does not answer" in away.text) == (True, True)


def test_an_influxdb_is_asked_whether_it_takes_a_point(tmp_path: Path) -> None:
    with serving() as server:
        text = f'[influx]\nurl = "{server.url}"\ntimeout_s = 2.0'
        assert visit(tmp_path, text)["[influx]"].level is Level.OK
        server.statuses = [(401, {})]
        refused = visit(tmp_path, text, secrets='[influx]\ntoken = "hidden-word"')["[influx]"]
    assert (refused.level, "401" in refused.text, "token" in refused.mend) == (Level.FAIL, True, True)
    assert "hidden-word" not in repr(refused)
    assert visit(tmp_path, text)["[influx]"].level is Level.FAIL


def test_wrong_keys_and_values_are_named_section_by_section(tmp_path: Path) -> None:
    found = visit(tmp_path, '[hub]\nprot = 1\n[wall]\nfps = "fast"\n[console]\nrefresh_hz = 99')
    assert [found[part].level for part in ("[hub]", "[wall]", "[console]", "[broker]")] == [
        Level.FAIL,
        Level.FAIL,
        Level.FAIL,
        Level.OK,
    ]
    assert ("prot" in found["[hub]"].text, "$.fps" in found["[wall]"].text) == (True, True)


@pytest.mark.parametrize(
    ("urls", "level", "named"),
    [
        ("hls:/srv/{wall}, rtsp://media/{wall}", Level.OK, ""),
        ("hls:/srv/{wall}, udp://239.0.0.1:5000", Level.FAIL, "udp://239.0.0.1:5000"),
        ("hls:/srv/hls", Level.FAIL, "hls:/srv/hls"),
        ("ftp://media/{wall}", Level.FAIL, "not an address"),
    ],
)
def test_walls_that_would_write_over_each_other_are_named(tmp_path: Path, urls: str, level: Level, named: str) -> None:
    found = visit(tmp_path, f"[walls]\nnames = 'left, right'\n[outputs]\nurls = '{urls}'")["[outputs] urls"]
    assert (found.level, named in found.text) == (level, True)


def test_a_variable_that_overrides_nothing_is_named(tmp_path: Path) -> None:
    found = visit(tmp_path, environ={"SHEKARA_HUB_PROT": "1", "SHEKARA_CONFIG": "x", "SHEKARA_HUB_NAME": "y"})
    assert (found["environment"].level, found["environment"].text) == (Level.WARN, "SHEKARA_HUB_PROT overrides nothing")


def test_a_secrets_file_that_others_may_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("")
    levels = []
    for mode in (0o600, 0o640, 0o604):
        file.chmod(mode)
        levels.append(visit(tmp_path, '[secrets]\nfile = "secrets.toml"')["[secrets] file"].level)
    assert levels == [Level.OK, Level.FAIL, Level.FAIL]
    assert visit(tmp_path, '[secrets]\nfile = "other.toml"')["[secrets] file"].level is Level.FAIL


def test_a_data_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    found = visit(tmp_path)
    assert (found["[hub] data_dir"].level, "data" in found["[hub] data_dir"].text) == (Level.FAIL, True)


def test_an_open_signing_key_and_accounts_without_a_chief_are_named(tmp_path: Path) -> None:
    load_or_create_keys(tmp_path / "data")
    (tmp_path / "data" / "keys" / "session.key").chmod(0o644)
    Accounts(tmp_path / "data", SystemClock(), CHEAP).set("officer", Role.DUTY_OFFICER, PASSWORD)
    found = visit(tmp_path)
    assert (found["signing key"].level, found["accounts"].level) == (Level.FAIL, Level.WARN)


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff"])
def test_a_wall_that_would_believe_nobody_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "wall.pub"
    file.write_bytes(content)
    text = f'[wall]\npublic_key_file = "{file}"'
    assert visit(tmp_path, text)["[wall] public_key_file"].level is Level.FAIL
    load_or_create_keys(tmp_path / "data")
    load_or_create_keys(tmp_path / "other")
    file.write_bytes((tmp_path / "other" / "keys" / "session.pub").read_bytes())
    foreign = visit(tmp_path, text)["[wall] public_key_file"]
    assert (foreign.level, "another hub" in foreign.text) == (Level.FAIL, True)
    file.write_bytes((tmp_path / "data" / "keys" / "session.pub").read_bytes())
    assert visit(tmp_path, text)["[wall] public_key_file"].level is Level.OK


def test_the_command_prints_a_table_or_json_and_fails_when_something_would(tmp_path: Path) -> None:
    def doctor(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        given = {**os.environ, "SHEKARA_HUB_PORT": "0", "SHEKARA_WALL_PORT": "0", **environ}
        return run_shekara(tmp_path, "doctor", *arguments, environ=given)

    well = doctor(SHEKARA_BROKER_PORT=str(free_port()))
    assert well.returncode == 0, well.stdout + well.stderr
    assert "-> shekara account set" in well.stdout
    ill = doctor("--json", SHEKARA_BROKER_URL="mqtt://127.0.0.1:9")
    assert ill.returncode == 1
    assert {"fail", "ok", "warn"} == {finding["level"] for finding in json.loads(ill.stdout)}
