"""How each kind of device behaves: what it measures at a moment, given its surroundings and its own seeded chance."""

from simulators.models.fibre import Das
from simulators.models.model import Model
from simulators.models.optics import PlateReader, Radar
from simulators.models.perimeter import Fence, GroundSensor
from simulators.models.plant import Cabinet, Generator, GnssTime, Link, Ups
from simulators.models.queue import ElectronicQueue
from simulators.models.traffic import Barrier, RadiationPortal, VehicleCounter, Weighbridge
from simulators.models.uplinks import Lte, Transceiver, Vsat
from simulators.models.weather import WeatherStation

MODELS: dict[str, type[Model]] = {
    "barrier": Barrier,
    "cabinet": Cabinet,
    "das": Das,
    "electronic-queue": ElectronicQueue,
    "fence": Fence,
    "generator": Generator,
    "gnss-time": GnssTime,
    "ground-sensor": GroundSensor,
    "link": Link,
    "lte": Lte,
    "plate-reader": PlateReader,
    "radar": Radar,
    "radiation-portal": RadiationPortal,
    "transceiver": Transceiver,
    "ups": Ups,
    "vehicle-counter": VehicleCounter,
    "vsat": Vsat,
    "weather": WeatherStation,
    "weighbridge": Weighbridge,
}
"""Every kind that stands at a post, gateways aside."""
