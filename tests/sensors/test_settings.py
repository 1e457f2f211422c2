from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from sensors.broker_settings import BrokerSettings
from sensors.errors import ConfigError
from sensors.model import DeviceId, DeviceKey, Language, Line, SiteId
from sensors.rtsp.authentication import Credentials
from sensors.secrets import Secrets, parse_secrets
from sensors.settings import Settings, document_section, parse_document


class House(Struct, frozen=True):
    folder: Annotated[Path, Meta(description="where")] = Path("data")
    rooms: Annotated[int, Meta(ge=1, le=9, description="how many")] = 3
    open: Annotated[bool, Meta(description="whether")] = False
    language: Annotated[Language, Meta(description="which")] = Language.KK
    zone: Annotated[Line, Meta(description="when")] = "Asia/Almaty"
    height_m: Annotated[Annotated[float, Meta(gt=0)] | None, Meta(description="how high")] = None


def settings(text: str = "", environ: dict[str, str] | None = None) -> Settings:
    return Settings("house.toml", parse_document(text.encode(), "house.toml"), environ or {}, Secrets())


def test_what_is_not_said_has_its_default() -> None:
    assert settings().section(House, "hub") == House()


def test_the_file_is_read_with_its_types() -> None:
    text = '[hub]\nfolder = "/srv"\nrooms = 4\nopen = true\nlanguage = "en"\nheight_m = 2.5'
    assert settings(text).section(House, "hub") == House(Path("/srv"), 4, True, Language.EN, "Asia/Almaty", 2.5)


def test_the_environment_overrides_the_file() -> None:
    environ = {"SHEKARA_HUB_ROOMS": "5", "SHEKARA_HUB_OPEN": "true", "SHEKARA_HUB_FOLDER": "/var"}
    house = settings("[hub]\nrooms = 4", environ).section(House, "hub")
    assert (house.rooms, house.open, house.folder) == (5, True, Path("/var"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[hub]\nroms = 4", ["house.toml [hub]", "roms", "rooms"]),
        ("[hub]\nrooms = 10", ["house.toml [hub]", "$.rooms", "<= 9"]),
        ('[hub]\nrooms = "many"', ["$.rooms"]),
        ('[hub]\nlanguage = "de"', ["$.language", "de"]),
        ("[hub]\nfolder = 3", ["$.folder"]),
    ],
)
def test_a_wrong_key_or_value_is_named(text: str, named: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(text).section(House, "hub")
    assert all(word in caught.value.text for word in named), caught.value.text


@pytest.mark.parametrize("text", ["[kitchen]\na = 1", "hub = 3", "[hub", "[hub]\na = 1\na = 2"])
def test_a_document_that_nobody_reads_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"house\.toml"):
        settings(text)


def test_a_document_in_another_encoding_is_refused() -> None:
    with pytest.raises(ConfigError):
        parse_document("[hub]\nname = 'Қордай'".encode("utf-16"), "house.toml")


def test_every_key_is_documented_with_its_bounds() -> None:
    rows = {row.key: row for row in document_section(House, "hub")}
    assert rows["rooms"][2:] == ("int", "at least 1, at most 9", "3", "how many")
    assert rows["language"].allowed == "kk, ru, en"
    assert (rows["zone"].description, rows["zone"].allowed) == ("when", "at most 200 characters")
    assert rows["folder"].default == "data"


def test_a_key_without_a_description_is_refused() -> None:
    class Silent(Struct):
        rooms: int = 1

    with pytest.raises(ConfigError, match="rooms has no description"):
        document_section(Silent, "hub")


SECRETS = b"""
[mqtt]
user = "hub"
password = "mqtt-word"
[influx]
token = "influx-word"
[cameras."kordai"]
user = "viewer"
password = "site-word"
[cameras."kordai/cam-1"]
user = "viewer"
password = "camera-word"
"""


def key(device: str, site: str = "kordai") -> DeviceKey:
    return DeviceKey(SiteId(site), DeviceId(device))


def test_a_camera_has_its_own_credentials_or_its_sites_or_none() -> None:
    secrets = parse_secrets(SECRETS, {}, "secrets.toml")
    assert secrets.camera(key("cam-1")) == Credentials("viewer", "camera-word")
    assert secrets.camera(key("cam-2")) == Credentials("viewer", "site-word")
    assert secrets.camera(key("cam-1", "khorgos")) is None


def test_the_environment_overrides_single_secrets() -> None:
    environ = {
        "SHEKARA_SECRET_MQTT_PASSWORD": "other",
        "SHEKARA_SECRET_INFLUX_TOKEN": "another",
        "SHEKARA_SECRET_INFLUX_USER": "hub",
        "SHEKARA_SECRET_INFLUX_PASSWORD": "third",
    }
    secrets = parse_secrets(SECRETS, environ, "secrets.toml")
    assert secrets.mqtt == Credentials("hub", "other")
    assert (secrets.influx.token, secrets.influx.user, secrets.influx.password) == ("another", "hub", "third")
    alone = {"SHEKARA_SECRET_MQTT_USER": "u", "SHEKARA_SECRET_MQTT_PASSWORD": "p"}
    assert parse_secrets(b"", alone, "environment").mqtt == Credentials("u", "p")
    assert parse_secrets(b"", {}, "environment") == Secrets()


def test_no_repr_shows_a_secret() -> None:
    secrets = parse_secrets(SECRETS, {}, "secrets.toml")
    whole = Settings("house.toml", {}, {}, secrets)
    for shown in (repr(secrets), str(secrets), repr(secrets.mqtt), repr(secrets.influx), repr(whole)):
        assert "word" not in shown.replace("password", "")


@pytest.mark.parametrize(
    "text",
    [
        b'[mqtt]\nuser = "hub"',
        b'mqtt = "secret-word"',
        b'influx = "secret-word"',
        b"mqtt = 5",
        b'[mqtt]\nuser = "hub"\npassword = 5\n',
        b'[mqtt]\nuser = "hub"\npasword = "secret-word"',
        b'[other]\ntoken = "secret-word"',
        b'[cameras]\nkordai = "secret-word"',
        b'password = "secret-word',
        b"\xff\xfe",
    ],
)
@pytest.mark.parametrize("environ", [{}, {"SHEKARA_SECRET_MQTT_USER": "u", "SHEKARA_SECRET_INFLUX_TOKEN": "t"}])
def test_broken_secrets_are_named_and_never_shown(text: bytes, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"secrets\.toml") as caught:
        parse_secrets(text, environ, "secrets.toml")
    assert "secret-word" not in caught.value.text


@given(st.binary(max_size=100))
def test_no_bytes_make_the_secrets_raise_anything_else(text: bytes) -> None:
    try:
        parse_secrets(text, {}, "secrets.toml")
    except ConfigError:
        return


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("", ("127.0.0.1", 1883)),
        ("mqtt://broker", ("broker", 1883)),
        ("mqtt://10.0.0.9:2883", ("10.0.0.9", 2883)),
        ("mqtt://[::1]:1884", ("::1", 1884)),
    ],
)
def test_a_brokers_address_is_host_and_port(url: str, address: tuple[str, int]) -> None:
    assert BrokerSettings(url=url).address == address


@pytest.mark.parametrize(
    "url", ["broker:1883", "http://broker", "mqtt://", "mqtt://user:word@broker", "mqtt://b:99999", "mqtt://[::1"]
)
def test_what_is_no_brokers_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError, match="broker") as caught:
        _ = BrokerSettings(url=url).address
    assert "word@" not in caught.value.text
