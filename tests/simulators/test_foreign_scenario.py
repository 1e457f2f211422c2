"""Who of a scenario speaks which dialect, what a hub must be told of it, and what it then makes of them."""

import tomllib
from collections.abc import Iterator

import pytest

from sensors.errors import ConfigError
from simulators.foreign.advice import hub_alarm, hub_id, hub_settings
from simulators.foreign.vocabulary import Dialect
from simulators.kinds import KINDS
from simulators.messages import Message
from simulators.rehearsal import Rehearsal
from simulators.scenario.form import Scenario
from simulators.scenario.reading import parse_scenario, read_scenario
from simulators.truth import Ended, Raised
from tests.scenarios.fixed_hub import FixedHub

_SITE = """
[[sites]]
id = "{id}"
names = {{ en = "{id}" }}
position = {{ latitude_deg = 43.0, longitude_deg = 74.7 }}
"""


def _scenario(*sites: str) -> Scenario:
    return parse_scenario("\n".join(['title = { en = "x" }\nlasts_s = 40', *sites]).encode(), "test")


def _site(id_: str, more: str, equipment: str = "blo-standard") -> str:
    return f'{_SITE.format(id=id_)}equipment = "{equipment}"\n{more}'


def test_a_sites_table_says_how_its_equipment_set_speaks() -> None:
    (site,) = _scenario(_site("kordai", '[sites.dialects]\nground-2 = "sparkplug"\ncam-2 = "onvif-events"\n')).sites
    assert {device.id for device in site.devices if device.dialect is not Dialect.NATIVE} == {"ground-2"}
    assert {camera.id for camera in site.cameras if camera.dialect is not Dialect.NATIVE} == {"cam-2"}
    assert not site.dialects


@pytest.mark.parametrize(
    ("sites", "reason"),
    [
        ([_site("kordai", '[sites.dialects]\nfence-1 = "n42"\n')], "fence-1 is no radiation-portal"),
        ([_site("kordai", '[sites.dialects]\nfence-1 = "frigate"\n')], "fence-1 cannot speak frigate"),
        ([_site("kordai", '[sites.dialects]\ncam-1 = "sparkplug"\n')], "cam-1 cannot speak sparkplug"),
        ([_site("kordai", '[sites.dialects]\nfence-7 = "sparkplug"\n')], "dialects of fence-7, which is not there"),
        ([_site("kordai", '[sites.dialects]\nfence-1 = "modbus"\n')], "modbus"),
        (
            [_site(name, '[sites.dialects]\ncam-1 = "frigate"\n') for name in ("kordai", "sypatai")],
            "2 posts have a Frigate",
        ),
    ],
)
def test_what_cannot_be_spoken_is_refused_in_words(sites: list[str], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        _scenario(*sites)


def test_a_scenario_says_at_which_of_its_posts_the_frigate_stands() -> None:
    both = "\n".join(_site(name, '[sites.dialects]\ncam-1 = "frigate"\n') for name in ("kordai", "sypatai"))
    scenario = parse_scenario(f'title = {{ en = "x" }}\nfrigate = "sypatai"\n{both}'.encode(), "test")
    watched = [site.id for site in scenario.sites for each in site.cameras if each.dialect is Dialect.FRIGATE]
    assert watched == ["sypatai"]
    assert tomllib.loads(hub_settings(scenario))["frigate"]["cameras"] == "cam-1=sypatai/cam-1"
    for nowhere in ("kordai-2", "kordai"):
        with pytest.raises(ConfigError, match=f"a Frigate at {nowhere}"):
            parse_scenario(f'title = {{ en = "x" }}\nfrigate = "{nowhere}"\n{_site("kordai", "")}'.encode(), "test")


def test_a_hub_is_told_the_place_of_every_prefix_group_and_camera() -> None:
    told = tomllib.loads(hub_settings(read_scenario("many-makers")))
    assert told["hub"] == {"exercise": True, "simulated": "kordai"}
    assert told["home_assistant"]["prefixes"] == "posts/kordai/ha=kordai"
    assert told["sparkplug"] == {"enabled": True, "host_id": "shekara", "groups": "kordai=kordai"}
    assert told["onvif_events"]["places"] == "posts/kordai/cam-2=kordai/cam-2"
    assert told["frigate"]["cameras"] == "cam-1=kordai/cam-1, cam-5=kordai/cam-5"
    assert not hub_settings(_scenario(_site("kordai", "")))


@pytest.mark.parametrize("dialect", [Dialect.HOME_ASSISTANT, Dialect.SPARKPLUG])
def test_a_hub_watches_every_kind_as_if_it_spoke_natively(dialect: Dialect) -> None:
    kinds = KINDS.keys() - {"gateway"}
    devices = (
        f'[[sites.devices]]\nid = "{kind}-1"\nkind = "{kind}"\ndialect = "{dialect}"\nnames = {{ en = "{kind}" }}\n'
        for kind in sorted(kinds)
    )
    scenario = _scenario(_SITE.format(id="kordai") + "".join(devices))
    hub, _ = _heard(scenario)
    (site,) = scenario.sites
    known = {key.device: device for key, device in hub.state.registry.devices.items()}
    for entry in site.devices:
        found = known[hub_id(site, entry.id)]
        assert found.birth.kind == entry.kind
        assert {f"{name}.{limit.id}" for name, metric in found.metrics.items() for limit in metric.limits} == {
            hub_alarm(site, entry.id, f"{metric.name}.{limit.id}")
            for metric in KINDS[entry.kind].metrics
            for limit in metric.limits
        }


def _heard(scenario: Scenario) -> tuple[FixedHub, list[Raised | Ended]]:
    rehearsal = Rehearsal(scenario)
    hub = FixedHub(rehearsal.starts, hub_settings(scenario))
    said = hub.hear(rehearsal.messages(), rehearsal.until)
    return hub, [record for record in said if isinstance(record, Raised | Ended)]


def _edge_words(messages: list[Message]) -> Iterator[str]:
    return (message.topic.split("/")[2] for message in messages if message.topic.startswith("spBv1.0/"))


@pytest.mark.parametrize("fault", ["link-cut", "link-break"])
def test_a_line_that_is_cut_takes_everybody_with_it_and_gives_him_back(fault: str) -> None:
    step = f'[[steps]]\nat_s = 10\nsite = "kordai"\naction = "{fault}"\nduration_s = 10\n'
    table = '[sites.dialects]\nground-1 = "home-assistant"\nground-2 = "sparkplug"\ncam-1 = "frigate"\n'
    scenario = _scenario(_site("kordai", table + step))
    words = list(_edge_words(list(Rehearsal(scenario).messages())))
    assert words[0] == "NBIRTH"
    assert (words.count("NBIRTH"), words.count("NDEATH")) == (2, 1)
    _, said = _heard(scenario)
    raised = {record.device for record in said if isinstance(record, Raised)}
    assert len(raised) == 4
    assert raised == {record.device for record in said if isinstance(record, Ended)}
    assert {record.alarm for record in said} == {"liveness.offline"}
