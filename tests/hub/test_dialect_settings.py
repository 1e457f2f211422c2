"""Sections [home_assistant] and [frigate]: what they switch on, and what they refuse."""

import pytest

from hub.dialects_config import FrigateSettings, HomeAssistantSettings, make_dialects
from sensors.errors import ConfigError
from sensors.model import DeviceId, DeviceKey, SiteId
from sensors.secrets import Secrets
from sensors.settings import Settings


def settings(**sections: dict[str, object]) -> Settings:
    return Settings("test", sections, {}, Secrets())


def names(**sections: dict[str, object]) -> list[str]:
    return [dialect.name for dialect in make_dialects(settings(**sections), ())]


def test_home_assistant_is_heard_last_and_unless_it_is_switched_off() -> None:
    assert names(frigate={"enabled": True})[-2:] == ["frigate", "home-assistant"]
    assert "home-assistant" not in names(home_assistant={"enabled": False})
    assert "frigate" not in names()


def test_prefixes_and_cameras_have_places() -> None:
    hass = HomeAssistantSettings(prefixes="homeassistant=kordai, posts/s/ha=sypatai-batyr")
    assert hass.sites == {"homeassistant": SiteId("kordai"), "posts/s/ha": SiteId("sypatai-batyr")}
    frigate = FrigateSettings(cameras="gate=kordai/cam-1,yard=kordai/cam-2")
    assert frigate.devices["gate"] == DeviceKey(SiteId("kordai"), DeviceId("cam-1"))


@pytest.mark.parametrize(
    "prefixes", ["hass", "ha=", "a/#=kordai", "$share/x=kordai", "ha=kordai/cam-1", "ha=Kordai", "/=kordai"]
)
def test_a_prefix_that_is_none_is_named(prefixes: str) -> None:
    with pytest.raises(ConfigError, match=r"\[home_assistant\] prefixes"):
        names(home_assistant={"prefixes": prefixes})


@pytest.mark.parametrize("cameras", ["gate", "gate=kordai", "gate=kordai/Cam"])
def test_a_camera_without_a_device_is_named(cameras: str) -> None:
    with pytest.raises(ConfigError, match=r"\[frigate\] cameras"):
        names(frigate={"enabled": True, "cameras": cameras})
