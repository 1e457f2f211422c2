"""Records of a run that nobody ran: short ways to write what happened and what was heard, by seconds from the start."""

from datetime import UTC, datetime, timedelta

from sensors.catalog import PictureState
from sensors.model import Priority
from simulators.truth import (
    Ended,
    Excused,
    Expected,
    Happening,
    Heard,
    Pictured,
    PictureFault,
    Raised,
    Run,
    Truth,
)

START = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)
SITE, DEVICE, ALARM = "kordai", "ground-1", "person.person-near"
RUN = Run(scenario="played", seed=7, start=START, until=START + timedelta(seconds=600), speed=0.0, sha256="ab" * 32)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def happening(of: str, since: float, until: float | None, *, site: str = SITE, cameras: tuple[str, ...] = ()) -> Truth:
    what = of.rsplit("-", 1)[0]
    ends = None if until is None else at(until)
    return Happening(id=of, at=at(since), until=ends, site=site, what=what, sensors=(DEVICE,), cameras=cameras)


def expected(
    since: float, within: float, until: float, of: str = "intrusion-1", *, device: str = DEVICE, alarm: str = ALARM
) -> Expected:
    return Expected(
        of=of, site=SITE, device=device, alarm=alarm, at=at(since), within_s=within, until=at(max(since, until))
    )


def excused(since: float, until: float, *, device: str = DEVICE, alarm: str = ALARM) -> Excused:
    return Excused(
        of="herd-1", site=SITE, device=device, alarm=alarm, at=at(since), until=at(until), reason="animals pass"
    )


def fault(
    since: float, until: float, within: float = 10.0, *, camera: str = "gate", word: str = "frozen"
) -> PictureFault:
    return PictureFault(
        of=f"camera-{word}-1",
        site=SITE,
        camera=camera,
        fault=word,
        at=at(since),
        until=at(until),
        within_s=within,
    )


def raised(since: float, number: int = 1, *, device: str = DEVICE, alarm: str = ALARM) -> Raised:
    return Raised(
        at=at(since),
        site=SITE,
        device=device,
        alarm=alarm,
        occurrence=f"{SITE}.{device}.{alarm}.{number}",
        priority=Priority.HIGH,
    )


def ended(since: float, number: int = 1, *, device: str = DEVICE, alarm: str = ALARM) -> Ended:
    return Ended(at=at(since), site=SITE, device=device, alarm=alarm, occurrence=f"{SITE}.{device}.{alarm}.{number}")


def pictured(since: float, state: PictureState, *, camera: str = "gate") -> Pictured:
    return Pictured(at=at(since), site=SITE, camera=camera, state=state)


def eventful() -> tuple[tuple[Truth, ...], tuple[Heard, ...]]:
    """One of everything that a score knows."""
    door, fence = {"device": "cabinet-1", "alarm": "door.door-open"}, {"device": "fence-1", "alarm": "climb.climbing"}
    truth: tuple[Truth, ...] = (
        happening("intrusion-1", 60, 90, cameras=("perimeter",)),
        expected(60, 5, 80),
        expected(64, 5, 90, device="fence-1", alarm="climb.climbing"),
        happening("herd-1", 150, 200),
        excused(150, 210),
        happening("door-open-1", 240, 260),
        Expected(of="door-open-1", site=SITE, at=at(240), within_s=10, until=at(270), **door),
        happening("intrusion-2", 300, 320),
        expected(300, 5, 320, "intrusion-2"),
        happening("intrusion-3", 306, 326),
        expected(306, 5, 326, "intrusion-3"),
        happening("camera-frozen-1", 400, 440, cameras=("gate",)),
        fault(400, 440),
        happening("camera-black-1", 480, 510, cameras=("entry",)),
        fault(480, 510, 5, camera="entry", word="black"),
    )
    heard: tuple[Heard, ...] = (
        *(pictured(2, PictureState.LIVE, camera=camera) for camera in ("gate", "entry", "perimeter")),
        raised(61.5),
        ended(95),
        raised(67, device="fence-1", alarm="climb.climbing"),
        ended(100, device="fence-1", alarm="climb.climbing"),
        raised(160, 2),
        ended(165, 2),
        raised(180, 3),
        ended(190, 3),
        raised(262, 1, **door),
        ended(280, 1, **door),
        raised(301, 4),
        ended(340, 4),
        raised(360, 2, **fence),
        ended(372, 2, **fence),
        pictured(408.2, PictureState.FROZEN),
        raised(413.2, device="gate", alarm="picture.not-live"),
        pictured(446, PictureState.LIVE),
        ended(449, device="gate", alarm="picture.not-live"),
        pictured(491, PictureState.BLACK, camera="entry"),
        pictured(514, PictureState.LIVE, camera="entry"),
        pictured(560, PictureState.DELAYED, camera="perimeter"),
        pictured(561.5, PictureState.LIVE, camera="perimeter"),
    )
    return truth, heard
