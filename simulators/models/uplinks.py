"""What carries a post's link: each says how well it could, and the one that carries says what the link does."""

from datetime import datetime
from random import Random

from simulators.faults.link import LinkState
from simulators.models.model import Model, Values
from simulators.world.uplinks import CELL_S, HOP_S, Path, c_n_db, rain_fade_db
from simulators.world.world import World

_NETWORK = "001-01"
"""The number of test networks."""
_BANDS = ("B3", "B7", "B20")
_STANDING_BY_BYTES_S, _CARRYING_BYTES_S = 40.0, 60_000.0
_LOCK_DB = 1.0
_CLEAR_RX_DBM, _CLEAR_TX_DBM, _MOST_BOOST_DB = -42.0, 30.0, 6.0
"""In rain the terminal sends more, as far as it can."""
_LIT_DBM, _DARK_DBM, _LASER_DBM = -12.5, -40.0, -3.0


class _Uplink(Model):
    path: Path

    def carries(self) -> bool:
        """Whether the post's link goes over it."""
        return self.around.path is self.path

    def passes(self, now: datetime) -> bool:
        """Whether nothing keeps what it is given from arriving."""
        return self.around.link.at(now).passes or not self.carries()

    def rtt_ms(self, hop_s: float, now: datetime) -> float:
        """There and back: what the link does if it is this one's, else as long as one hop each way takes."""
        state = self.around.link.at(now) if self.carries() else LinkState(latency_s=hop_s, jitter_s=hop_s / 10)
        uneven_s = 2.0 * state.jitter_s * self.random.random()
        return round(1_000.0 * (2.0 * state.latency_s + uneven_s) + self.random.expovariate(0.4), 1)


class Lte(_Uplink):
    """A mobile modem, mostly a reserve."""

    path = Path.LTE

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._band = random.choice(_BANDS)
        self._data_bytes = random.uniform(1e8, 5e9)

    def sample(self, now: datetime) -> Values:
        """Signal, network and what was used."""
        cell, crowd = self.around.slow("cell", now), self.around.slow("crowd", now)
        self._data_bytes += self.period_s * (_CARRYING_BYTES_S if self.carries() else _STANDING_BY_BYTES_S)
        return {
            "up": self.passes(now),
            "operator": _NETWORK,
            "band": self._band,
            "rsrp": self.near(-94.0 + 8.0 * cell, 1.5),
            "rsrq": self.near(-10.5 + 2.0 * cell - 1.5 * crowd, 0.5),
            "sinr": self.near(13.0 + 4.0 * cell - 4.0 * crowd, 1.0),
            "rtt": self.rtt_ms(CELL_S, now),
            "data_total": round(self._data_bytes),
        }


class Vsat(_Uplink):
    """A satellite terminal: what rain takes from its signal follows from the post's weather."""

    path = Path.VSAT

    def sample(self, now: datetime) -> Values:
        """Signal, levels and delay."""
        rain_mmph = self.around.weather(now).rain_mmph
        fade_db = rain_fade_db(rain_mmph)
        c_n = self.near(c_n_db(rain_mmph) + 0.3 * self.around.slow("satellite", now), 0.15)
        return {
            "up": c_n > _LOCK_DB and self.passes(now),
            "c_n": max(-10.0, c_n),
            "rain_fade": round(max(0.0, fade_db + self.random.uniform(-0.1, 0.1)), 1),
            "rx_level": self.near(_CLEAR_RX_DBM - fade_db, 0.2),
            "tx_level": self.near(_CLEAR_TX_DBM + min(_MOST_BOOST_DB, fade_db), 0.1),
            "rtt": self.rtt_ms(HOP_S, now),
        }


class Transceiver(_Uplink):
    """An optical transceiver; a cable that is cut is dark, one that loses is dim."""

    path = Path.FIBRE

    def sample(self, now: datetime) -> Values:
        """Light in, light out."""
        state = self.around.link.at(now)
        lit_dbm = _DARK_DBM if state.ending is not None else _LIT_DBM - 12.0 * min(1.0, state.loss * 4.0)
        return {
            "up": self.passes(now),
            "rx_power": self.near(lit_dbm + 0.4 * self.around.slow("light", now), 0.05, 2),
            "tx_power": self.near(_LASER_DBM, 0.05, 2),
            "temperature": self.near(38.0 + 4.0 * self.around.slow("laser", now), 0.3),
        }
