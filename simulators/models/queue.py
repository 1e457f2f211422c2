"""A crossing's electronic queue: the world's traffic comes, open lanes serve it, and what is left waits."""

import math
from datetime import datetime
from random import Random

from simulators.models.model import Model, Values
from simulators.world.troubles import Trouble
from simulators.world.world import World

_LANES = 4
_LANE_PER_H = 25.0
"""Vehicles that a lane serves in an hour; four of them pass the usual peak (our own figure)."""
_CALLED_PER_LANE = 2
_USUAL_OUT_OF_TURN, _OUT_OF_TURN_VARIES = 2.5, 1.5
"""Per cent of the day's vehicles; the rules allow 5."""
_MOST_WAITING, _MOST_MIN = 5_000, 20_160.0


class ElectronicQueue(Model):
    """One direction. The post opens as many lanes as it needs; a stuck barrier shuts one, no traffic at all shuts all.

    Whoever waits when all are shut waits on.
    """

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._barriers = tuple(entry.id for entry in world.site.devices if entry.kind == "barrier")
        self._served_total = random.randrange(100_000, 900_000)
        self._waiting: int | None = None
        self._served = 0.0
        self._wait_min = 0.0

    def sample(self, now: datetime) -> Values:
        """Who waits and is called, how long it takes, and how many lanes are open."""
        flow_per_h = self.around.vehicles_per_hour(now) / 2
        lanes = self._lanes_open(flow_per_h, now)
        waiting = self._booked(flow_per_h) if self._waiting is None else self._waiting
        waiting += self.count(flow_per_h * self.period_s / 3_600.0)
        self._served += lanes * _LANE_PER_H * self.period_s / 3_600.0
        served = min(waiting, math.floor(self._served))
        # A lane that had nobody to serve does not serve twice as many afterwards.
        self._served = min(1.0, self._served - served)
        self._served_total += served
        self._waiting = waiting = min(_MOST_WAITING, waiting - served)
        if lanes:
            self._wait_min = 60.0 * waiting / (lanes * _LANE_PER_H)
        elif waiting:
            self._wait_min += self.period_s / 60.0
        turns = _USUAL_OUT_OF_TURN + _OUT_OF_TURN_VARIES * self.around.slow(f"turns-{self.device}", now)
        return {
            "waiting": waiting,
            "called": min(waiting, _CALLED_PER_LANE * lanes),
            "served_total": self._served_total,
            "wait": round(min(_MOST_MIN, self._wait_min), 1),
            "lanes_open": lanes,
            "out_of_turn": round(max(0.0, turns), 1),
        }

    def _lanes_open(self, flow_per_h: float, now: datetime) -> int:
        if not flow_per_h:
            return 0
        stuck = sum(self.around.since(Trouble.STUCK, barrier, now) is not None for barrier in self._barriers)
        return max(0, min(math.ceil(flow_per_h / _LANE_PER_H), _LANES - stuck))

    def _booked(self, flow_per_h: float) -> int:
        """Who is there when the day begins: half an hour of the traffic."""
        return round(flow_per_h / 2)
