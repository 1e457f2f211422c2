from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from sensors.clock import ManualClock
from sensors.dialects.native import CommandPayload, decode, encode_ack, encode_birth
from sensors.errors import ConfigError
from sensors.model import BirthSeen, DeviceId, DeviceKey, SiteId, Stream, StreamRole, Value
from sensors.topics import Leaf, topic
from simulators.births import births_of
from simulators.cameras.vocabulary import Fault
from simulators.pace import FastClock
from simulators.post import Post
from simulators.publish_connection import Broker
from simulators.scenario.actions import DeviceResume, DeviceSilence, Intrusion
from simulators.scenario.camera_actions import CameraFreeze, CameraLose, CameraResume
from simulators.scenario.form import CameraEntry
from simulators.scenario.gateway_actions import LinkCut
from simulators.scenario.link_actions import LinkLoss
from simulators.scenario.power_actions import GeneratorRefuse, MainsFail, UpsAge
from simulators.scenario.reading import read_scenario

_NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
_SCENARIO = read_scenario("border")


def _streams(camera: CameraEntry) -> tuple[Stream, ...]:
    return (Stream(StreamRole.SUB, f"rtsp://127.0.0.1:8554/kordai/{camera.id}/sub", "h264", 640, 360, 25.0),)


class _Bench(NamedTuple):
    post: Post
    clock: ManualClock
    faults: list[tuple[DeviceKey, Fault, float]]

    def run(self, seconds: float) -> list[tuple[float, str, dict[str, Value | None]]]:
        """Seconds since now, device and values of every sample of the coming time."""
        samples: list[tuple[float, str, dict[str, Value | None]]] = []
        for _ in range(round(seconds * 5)):
            now = self.clock.now()
            said = self.post.premises.samples(now, self.post.accounts)
            samples += [((now - _NOW).total_seconds(), device, values) for device, values, _ in said]
            self.clock.advance(0.2)
        return samples


@pytest.fixture
async def bench() -> _Bench:
    clock, faults = ManualClock(_NOW), list[tuple[DeviceKey, Fault, float]]()

    async def set_fault(key: DeviceKey, fault: Fault, amount: float) -> None:
        faults.append((key, fault, amount))

    post = Post(_SCENARIO.sites[0], _SCENARIO, clock, Broker("127.0.0.1", 1, 20), _streams, set_fault)
    return _Bench(post, clock, faults)


def test_every_birth_is_understood_by_the_native_dialect() -> None:
    for site in _SCENARIO.sites:
        births = births_of(site, _streams)
        assert len(births) == 1 + len(site.cameras) + len(site.devices)
        for device, birth in births.items():
            name = topic(DeviceKey(SiteId(site.id), device), Leaf.BIRTH)
            seen = decode(name, encode_birth(birth), retained=True, received_at=_NOW)
            assert isinstance(seen, BirthSeen), seen
            assert seen.birth == birth
            assert birth.via == (None if device == "gateway" else "gateway")


async def test_all_devices_speak_at_once_and_then_in_their_own_time(bench: _Bench) -> None:
    samples = bench.run(60)
    devices = {device.id: device.period_s for device in _SCENARIO.sites[0].devices}
    assert {device for at_s, device, _ in samples if at_s == 0.0} == {*devices, "gateway"}
    for device, period_s in devices.items():
        heard = sum(1 for _, who, _ in samples if who == device)
        assert abs(heard - 60 / period_s) <= 1, device


async def test_an_intrusion_is_told_at_once_and_the_fence_follows(bench: _Bench) -> None:
    bench.run(13)
    begins = 13.0
    await bench.post.perform(Intrusion(site="kordai", fence_after_s=4.0))
    samples = bench.run(10)
    climbs = [at_s for at_s, device, values in samples if device == "fence-1" and values["climb"]]
    assert begins + 4.0 <= climbs[0] < begins + 4.3
    assert not any(values["climb"] for _, device, values in samples if device == "fence-2")


async def test_a_silenced_device_says_nothing_until_it_is_resumed(bench: _Bench) -> None:
    bench.run(1)
    await bench.post.perform(DeviceSilence(site="kordai", device="fence-1"))
    assert not any(device == "fence-1" for _, device, _ in bench.run(30))
    await bench.post.perform(DeviceResume(site="kordai", device="fence-1"))
    assert any(device == "fence-1" for _, device, _ in bench.run(2))


async def test_camera_actions_reach_the_cameras(bench: _Bench) -> None:
    await bench.post.perform(CameraFreeze(site="kordai", camera="cam-2"))
    await bench.post.perform(CameraLose(site="kordai", camera="cam-2", share=0.5))
    await bench.post.perform(CameraResume(site="kordai", camera="cam-2"))
    key = DeviceKey(SiteId("kordai"), DeviceId("cam-2"))
    assert bench.faults == [(key, Fault.FROZEN, 0.0), (key, Fault.LOSSY, 0.5), (key, Fault.NONE, 0.0)]


async def test_a_link_without_a_line_cannot_be_made_faulty(bench: _Bench) -> None:
    with pytest.raises(ConfigError, match="line = true"):
        await bench.post.perform(LinkLoss(site="kordai"))


async def test_a_faster_clock_leaves_no_moment_out() -> None:
    real = ManualClock(_NOW)
    post = Post(
        _SCENARIO.sites[0], _SCENARIO, FastClock(real, _NOW, 60.0), Broker("127.0.0.1", 1, 20), _streams, _ignore
    )
    for _ in range(10):
        real.advance(0.2)
        post.catch_up()
    kept = Counter(
        str(parcel.device) for parcel in iter(post.publisher.outbox.next_parcel, None) for _ in parcel.samples
    )
    assert kept["fence-1"] == pytest.approx(120, abs=2)
    assert kept["ups-1"] == pytest.approx(12, abs=1)


async def test_what_happens_on_a_faster_clock_leaves_no_moment_before_it_out() -> None:
    real = ManualClock(_NOW)
    post = Post(
        _SCENARIO.sites[0], _SCENARIO, FastClock(real, _NOW, 60.0), Broker("127.0.0.1", 1, 20), _streams, _ignore
    )
    for number in range(10):
        real.advance(0.2)
        await post.perform(DeviceSilence(site="kordai", device="ups-1", duration_s=number))
    kept = Counter(
        str(parcel.device) for parcel in iter(post.publisher.outbox.next_parcel, None) for _ in parcel.samples
    )
    assert kept["fence-1"] == pytest.approx(120, abs=2)


async def test_a_power_cut_mends_no_camera_and_what_is_ordered_meanwhile_comes_with_the_power(bench: _Bench) -> None:
    def now_wrong() -> dict[str, Fault]:
        return {str(key.device): fault for key, fault, _ in bench.faults}

    async def after(seconds: float) -> None:
        bench.clock.advance(seconds)
        bench.post.catch_up()
        await bench.post.show_cameras()

    await bench.post.perform(CameraFreeze(site="kordai", camera="cam-1"))
    await bench.post.perform(UpsAge(site="kordai", health=0.02))
    await bench.post.perform(GeneratorRefuse(site="kordai"))
    await bench.post.perform(MainsFail(site="kordai", duration_s=120))
    await after(60)
    assert set(now_wrong().values()) == {Fault.KILLED}
    await bench.post.perform(CameraResume(site="kordai", camera="cam-2"))
    await bench.post.perform(CameraLose(site="kordai", camera="cam-3", share=0.5))
    assert set(now_wrong().values()) == {Fault.KILLED}
    await after(70)
    assert now_wrong() == {"cam-1": Fault.FROZEN, "cam-2": Fault.NONE, "cam-3": Fault.LOSSY, "cam-4": Fault.NONE}
    assert bench.faults[-2:] == [(bench.faults[-2][0], Fault.LOSSY, 0.5), (bench.faults[-1][0], Fault.NONE, 0.0)]


async def test_nobody_sees_the_cameras_behind_a_cut_cable(bench: _Bench) -> None:
    await bench.post.perform(CameraFreeze(site="kordai", camera="cam-1"))
    await bench.post.perform(LinkCut(site="kordai", duration_s=30))
    del bench.faults[:]
    for seconds, wrong in ((0.2, []), (1.0, [Fault.KILLED] * 4), (20.0, []), (10.0, [Fault.FROZEN, *[Fault.NONE] * 3])):
        bench.clock.advance(seconds)
        bench.post.catch_up()
        await bench.post.show_cameras()
        assert [fault for _, fault, _ in bench.faults] == wrong
        del bench.faults[:]


async def test_an_action_for_what_is_not_there_is_refused(bench: _Bench) -> None:
    with pytest.raises(ConfigError, match="cam-77"):
        await bench.post.perform(CameraFreeze(site="kordai", camera="cam-77"))
    assert not bench.faults


async def test_the_same_seed_and_clock_make_the_same_day(bench: _Bench) -> None:
    again = Post(_SCENARIO.sites[0], _SCENARIO, ManualClock(_NOW), Broker("127.0.0.1", 1, 20), _streams, _ignore)
    twin = _Bench(again, ManualClock(_NOW), [])
    assert bench.run(120) == twin.run(120)


async def _ignore(key: DeviceKey, fault: Fault, amount: float) -> None:
    del key, fault, amount


async def test_an_instructor_ends_what_an_order_began_by_the_orders_id(bench: _Bench) -> None:
    begin = CommandPayload("training-1", "camera-freeze", {"camera": "cam-1"})
    assert await bench.post.answer(begin) == encode_ack("training-1", done=True, text="camera-freeze")
    end = CommandPayload("training-2", "relieve", {"order": "training-1"})
    assert await bench.post.answer(end) == encode_ack("training-2", done=True, text="relieve")
    key = DeviceKey(SiteId("kordai"), DeviceId("cam-1"))
    assert bench.faults == [(key, Fault.FROZEN, 0.0), (key, Fault.NONE, 0.0)]
    assert b"not begun here" in await bench.post.answer(end)
