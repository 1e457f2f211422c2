"""Who a device is: births are believed, or held until a technician has looked. Nothing is ever merged.

What a technician has not looked at yet may still change; what is approved or retired keeps the identity it had then,
and a birth that contradicts it waits. Every doubt is a `Conflict`: shown, logged, kept over restarts, and bounded.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from hub.alarms.engine import reading_of_state
from hub.alarms.identity import IDENTITY, IN_DOUBT, KNOWN
from hub.alarms.liveness import LIVENESS
from hub.decisions.identity import HOST, describe, differences, fingerprint, likely_tokens, unique_tokens
from hub.decisions.kinship import MAX_KIN, Kinship
from hub.decisions.registry import Device
from hub.decisions.state import State
from hub.inputs import Moment
from hub.protocol import Approval, Conflict, ConflictKind
from sensors.catalog import CAMERA, GATEWAY, WALL
from sensors.errors import ConflictError
from sensors.model import Birth, DeviceId, DeviceKey, SiteId

MDNS, ONVIF = "mdns", "onvif"
SEARCHES = (MDNS, ONVIF)
"""Sources that are the hub's own search: what they find claims no place at a post."""
INTRODUCE_WITHIN_S = 30.0
LOG_INTERVAL_S = 60.0
MAX_SETTLED = 32
MAX_CONFLICTS = 16
_FORMER = 4
_MIXED = "mixed"
_ALARMING = (ConflictKind.CHANGED, ConflictKind.TWO_SOURCES, ConflictKind.SHARED)
_OF_BIRTHS = (ConflictKind.CHANGED, ConflictKind.TWO_SOURCES)


class Vetting:
    """Judges births, and carries out what technicians decide about them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._kinship = Kinship()
        self._strangers: dict[DeviceKey, float] = {}
        self._gateways: dict[SiteId, set[DeviceKey]] = {}
        for device in state.registry.devices.values():
            self._kinship.place(device.key, _tokens(device))
            self._note_gateway(device)
        for device in state.registry.devices.values():
            device.same_as = self._alike(device)

    def begin(self, now: Moment) -> None:
        """A run begins: settings may bar what an earlier one approved, and it may have had other default limits."""
        state = self._state
        for device in list(state.registry.devices.values()):
            # What the hub or another source finds of a device is not among its metrics yet.
            metrics, among = ((), None) if device.barred else (device.metrics.values(), device.metrics)
            state.move_alarms(state.engine.withdraw(device.key, metrics, now, among), now)
            self._note_mixed(device, now)

    def meet(self, device: Device, now: Moment) -> None:
        """A device spoke; it has a while to say who it is."""
        may_be_used = device.approval in (Approval.APPROVED, Approval.DISCOVERED)
        if not device.introduced and device.key not in self._strangers and may_be_used:
            self._strangers[device.key] = now.monotonic_s + INTRODUCE_WITHIN_S

    def tick(self, now: Moment) -> None:
        """Time has passed."""
        for key in [key for key, due_s in self._strangers.items() if now.monotonic_s >= due_s]:
            device = self._state.registry.find(key)
            if device is None or device.introduced:
                del self._strangers[key]
            elif not self._has(device, ConflictKind.UNINTRODUCED):
                self._open(device, Conflict(ConflictKind.UNINTRODUCED, "unintroduced", now.at), now)

    def hear(self, device: Device, birth: Birth, source: str, now: Moment, *, live: bool) -> None:
        """A birth: believed; or held, when it contradicts the one that a technician has approved.

        `live`: whether it was said just now, and is not the broker's memory.
        """
        found = differences(device.birth, birth) if device.introduced else ()
        if found and device.vetted:
            self._hold(device, birth, source, describe(found), now)
            return
        if found and live and device.approval is Approval.DISCOVERED:
            self._see_alternation(device, birth, describe(found), now)
        elif device.doubts.held is not None and live:
            self._see_both_alive(device, now)
        self._believe(device, birth, source, now, live=live)

    def trespass(self, device: Device, source: str, reason: str, now: Moment) -> None:
        """Another source has spoken as this device, and was not heard."""
        if device.counted:
            self._open(device, Conflict(ConflictKind.TWO_SOURCES, f"source:{source}", now.at, reason), now)

    def withdraw(self, device: Device, source: str, now: Moment) -> None:
        """Its retained birth was removed: what nobody approved is forgotten, anything else is offline."""
        state = self._state
        state.log(now, "device-withdrawn", state.name(device), key=device.key)
        if device.approval is not Approval.DISCOVERED or set(device.provenance) - {source}:
            state.registry.hear_state(device, online=False)
            return
        kin = self._kinship.place(device.key, ())
        self._strangers.pop(device.key, None)
        state.registry.remove(device.key)
        state.values.forget(device.key)
        self._review(kin, now)

    def decide(self, device: Device, approval: Approval, now: Moment) -> None:
        """A technician admits a device, keeps it out, or takes it out of service."""
        state = self._state
        device.approval = approval
        state.registry.changed.add(device.key)
        state.plans_due = True
        if not device.approved:
            device.doubts = replace(device.doubts, conflicts=(), held=None, held_from="")
            state.move_alarms(state.engine.withdraw(device.key, (), now), now)
        elif device.doubts.held is None:
            self._close(device, (*_OF_BIRTHS, ConflictKind.ROGUE), now)
        self._note_mixed(device, now)
        self._relate(device, now)
        self._note_gateway(device)
        state.relink_alarms(device.key.site, _covered(device.birth))
        if device.birth.kind == GATEWAY:
            for other in state.registry.devices.values():
                if other.key.site == device.key.site:
                    self._suspect(other, now)
        if device.approved:
            state.judge_alarms_of(device, now)
            state.judge_values_of(device, now)
            self._judge_alarm(device, now)

    def accept(self, device: Device, mark: str, now: Moment) -> str:
        """A technician says that the device is now what its held birth says; what changed, in words.

        Raises:
            ConflictError: there is no such conflict any more, or none that has another identity to accept.
        """
        conflict = _find(device, mark)
        held, source = device.doubts.held, device.doubts.held_from
        if held is None or conflict.kind not in _OF_BIRTHS:
            raise ConflictError(
                "there is no other identity to accept", subject=str(device.key), mend="Dismiss it, or refuse the device"
            )
        if barred := self._state.registry.why_barred(device.key, held):
            raise ConflictError(barred, subject=str(device.key), mend="Dismiss it, or refuse the device")
        device.doubts = replace(device.doubts, held=None, held_from="")
        self._close(device, _OF_BIRTHS, now)
        self._believe(device, held, source, now, live=True)
        return conflict.text

    def dismiss(self, device: Device, mark: str, now: Moment) -> str:
        """A technician has looked, and it is to stay as it is; this very doubt is not raised again.

        Raises:
            ConflictError: there is no such conflict any more.
        """
        conflict = _find(device, mark)
        if conflict.kind is ConflictKind.MIXED:
            raise ConflictError(
                conflict.text, subject=str(device.key), mend="Refuse the device, or see docs/training.md"
            )
        for each in (device, *(self._state.registry.devices[key] for key in conflict.others)):
            doubts = each.doubts
            kept = tuple(other for other in doubts.conflicts if other.mark != mark)
            settled = (*(old for old in doubts.settled if old != mark), mark)[-MAX_SETTLED:]
            each.doubts = replace(doubts, conflicts=kept, settled=settled)
            self._state.registry.changed.add(each.key)
            self._judge_alarm(each, now)
        if mark.startswith("birth:"):
            device.doubts = replace(device.doubts, held=None, held_from="")
        return conflict.text

    def _believe(self, device: Device, birth: Birth, source: str, now: Moment, *, live: bool) -> None:
        state = self._state
        if live:
            state.values.restart(device.key)
            device.conduct.restart()
        if device.doubts.birth_from != source:
            device.doubts = replace(device.doubts, birth_from=source)
            state.registry.changed.add(device.key)
        if birth == device.birth:
            return
        is_new, was_approved, covered = not device.introduced, device.approved, _covered(device.birth, birth)
        state.registry.introduce(device, birth)
        state.receipts.meet(device)
        state.registry.changed.add(device.key)
        state.plans_due = True
        if is_new or (device.approved and not was_approved):
            kind = "device-approved" if device.approved else "device-discovered"
            state.log(now, kind, f"{state.name(device)} ({source})", key=device.key)
        if is_new:
            self._strangers.pop(device.key, None)
            self._close(device, (ConflictKind.UNINTRODUCED,), now)
        self._note_mixed(device, now)
        metrics = (*device.metrics.values(), LIVENESS, IDENTITY)
        state.move_alarms(state.engine.withdraw(device.key, metrics, now), now)
        state.relink_alarms(device.key.site, covered)
        self._relate(device, now)
        self._note_gateway(device)
        self._suspect(device, now)

    def _hold(self, device: Device, birth: Birth, source: str, text: str, now: Moment) -> None:
        mark = f"birth:{fingerprint(birth)}"
        if mark in device.doubts.settled:
            return
        device.doubts = replace(device.doubts, held=birth, held_from=source)
        self._state.registry.changed.add(device.key)
        if all(conflict.mark != mark for conflict in device.conflicts):
            self._close(device, (ConflictKind.CHANGED,), now)
            self._open(device, Conflict(ConflictKind.CHANGED, mark, now.at, text), now)

    def _see_both_alive(self, device: Device, now: Moment) -> None:
        """What is in force speaks on, although another has said that it is this device now."""
        for conflict in device.conflicts:
            if conflict.kind is ConflictKind.CHANGED:
                self._close(device, (ConflictKind.CHANGED,), now)
                self._open(device, replace(conflict, kind=ConflictKind.TWO_SOURCES), now)

    def _see_alternation(self, device: Device, birth: Birth, text: str, now: Moment) -> None:
        before, after = fingerprint(device.birth), fingerprint(birth)
        if after in device.former:
            mark = f"sources:{min(before, after)}:{max(before, after)}"
            self._open(device, Conflict(ConflictKind.TWO_SOURCES, mark, now.at, text), now)
        device.former = (*(each for each in device.former if each != before), before)[-_FORMER:]

    def _suspect(self, device: Device, now: Moment) -> None:
        """Mark what nobody approved, and what no approved device of an approved post carries; or take the mark back."""
        registry, site = self._state.registry, device.key.site
        via = device.birth.via
        carrier = registry.find(DeviceKey(site, DeviceId(via))) if via else None
        claims = device.introduced and device.doubts.birth_from not in SEARCHES and device.birth.kind != WALL
        guarded = claims and bool(self._gateways.get(site))
        if device.approval is not Approval.DISCOVERED or not guarded or (carrier is not None and carrier.approved):
            self._close(device, (ConflictKind.ROGUE,), now)
        else:
            text = f"says it speaks through {via}" if via else "says that it speaks for itself"
            self._open(device, Conflict(ConflictKind.ROGUE, "rogue", now.at, text), now)

    def _note_mixed(self, device: Device, now: Moment) -> None:
        """Mark what does not belong to this hub, whoever it is; or take the mark back."""
        if device.barred and device.introduced and device.approval is Approval.DISCOVERED:
            self._open(device, Conflict(ConflictKind.MIXED, _MIXED, now.at, device.barred), now)
        else:
            self._close(device, (ConflictKind.MIXED,), now)

    def _note_gateway(self, device: Device) -> None:
        gateways = self._gateways.setdefault(device.key.site, set())
        if device.approved and device.birth.kind == GATEWAY:
            gateways.add(device.key)
        else:
            gateways.discard(device.key)
            if not gateways:
                del self._gateways[device.key.site]

    def _relate(self, device: Device, now: Moment) -> None:
        self._review({device.key, *self._kinship.place(device.key, _tokens(device))}, now)

    def _review(self, keys: Iterable[DeviceKey], now: Moment) -> None:
        """Bring up to date what devices have in common with others."""
        for key in sorted(keys):
            device = self._state.registry.devices[key]
            if (alike := self._alike(device)) != device.same_as:
                device.same_as = alike
                self._state.registry.changed.add(key)
            shared: dict[str, list[DeviceKey]] = {}
            for kin in self._kinship.kin(key):
                if not kin.token.startswith(HOST) and self._same_source(device, kin.key):
                    shared.setdefault(f"shared:{kin.token}", []).append(kin.key)
            stale = [each for each in device.conflicts if each.kind is ConflictKind.SHARED and each.mark not in shared]
            self._drop(device, stale, now)
            for mark, others in shared.items():
                text = mark.removeprefix("shared:")
                self._open(device, Conflict(ConflictKind.SHARED, mark, now.at, text, tuple(sorted(others))), now)

    def _alike(self, device: Device) -> tuple[DeviceKey, ...]:
        """What other sources know, or a search has found in two ways, and looks like this device."""
        searched = device.doubts.birth_from in SEARCHES
        kin = {
            kin.key
            for kin in self._kinship.kin(device.key)
            if not self._same_source(device, kin.key) or (searched and kin.token.startswith(HOST))
        }
        return tuple(sorted(kin)[:MAX_KIN])

    def _same_source(self, device: Device, other: DeviceKey) -> bool:
        return self._state.registry.devices[other].doubts.birth_from == device.doubts.birth_from

    def _open(self, device: Device, conflict: Conflict, now: Moment) -> None:
        """Raise a doubt, unless it stands or is settled; logged at most once a minute for each device."""
        doubts = device.doubts
        standing = next((each for each in doubts.conflicts if each.mark == conflict.mark), None)
        if conflict.mark in doubts.settled or (standing is None and len(doubts.conflicts) >= MAX_CONFLICTS):
            return
        if standing is not None:
            if standing.others == conflict.others:
                return
            conflict = replace(standing, others=conflict.others)
        kept = tuple(each for each in doubts.conflicts if each.mark != conflict.mark)
        device.doubts = replace(doubts, conflicts=(*kept, conflict))
        self._state.registry.changed.add(device.key)
        if device.doubt_logged_s is None or now.monotonic_s - device.doubt_logged_s >= LOG_INTERVAL_S:
            device.doubt_logged_s = now.monotonic_s
            words = ": ".join(filter(None, (self._state.name(device), conflict.kind, conflict.text)))
            self._state.log(now, "device-conflict", words, key=device.key)
        self._judge_alarm(device, now)

    def _close(self, device: Device, kinds: tuple[ConflictKind, ...], now: Moment) -> None:
        self._drop(device, [each for each in device.conflicts if each.kind in kinds], now)

    def _drop(self, device: Device, gone: list[Conflict], now: Moment) -> None:
        if gone:
            kept = tuple(each for each in device.conflicts if each not in gone)
            device.doubts = replace(device.doubts, conflicts=kept)
            self._state.registry.changed.add(device.key)
            self._judge_alarm(device, now)

    def _judge_alarm(self, device: Device, now: Moment) -> None:
        if device.approved:
            doubtful = any(conflict.kind in _ALARMING for conflict in device.conflicts)
            reading = reading_of_state(device.key, IDENTITY, IN_DOUBT if doubtful else KNOWN, now)
            self._state.move_alarms(self._state.engine.see(reading, IDENTITY, now), now)

    def _has(self, device: Device, kind: ConflictKind) -> bool:
        return any(conflict.kind is kind for conflict in device.conflicts)


def _tokens(device: Device) -> tuple[str, ...]:
    return (*unique_tokens(device.birth), *likely_tokens(device.birth)) if device.counted and device.introduced else ()


def _find(device: Device, mark: str) -> Conflict:
    for conflict in device.conflicts:
        if conflict.mark == mark:
            return conflict
    raise ConflictError("is settled, or another one by now", subject=f"{device.key}, {mark}", mend="Look again")


def _covered(*births: Birth) -> set[DeviceId]:
    """What any of these sees, as far as they are cameras'."""
    return {DeviceId(name) for birth in births if birth.kind == CAMERA for name in birth.covers}
