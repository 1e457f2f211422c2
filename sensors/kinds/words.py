"""What others call the kinds: Home Assistant's device classes, ONVIF's event topics, words in template names."""

_DEVICE_CLASSES = {
    "motion-sensor": "motion occupancy presence moving sound vibration",
    "door-contact": "door garage_door opening window lock",
    "fire-alarm": "smoke gas carbon_monoxide heat safety",
    "climate": "temperature humidity absolute_humidity moisture cold aqi carbon_dioxide pm1 pm10 pm25 "
    "volatile_organic_compounds illuminance",
    "weather": "atmospheric_pressure pressure precipitation precipitation_intensity wind_speed wind_direction "
    "irradiance",
    "power-meter": "power apparent_power reactive_power power_factor energy voltage current frequency plug",
    "weighbridge": "weight",
    "link": "connectivity data_rate",
    "cabinet": "tamper",
    "sensor": "battery battery_charging problem running light update distance duration signal_strength timestamp",
}
_WORDS = {
    "radiation-portal": "radiation portal rpm gamma neutron dosimeter spectrometer n42",
    "ground-sensor": "ground seismic ugs geophone radiobaryer",
    "fence": "fence perimeter vibration",
    "das": "das fibre fiber acoustic",
    "radar": "radar",
    "plate-reader": "anpr lpr alpr plate",
    "thermal-gate": "fever thermal",
    "weighbridge": "weighbridge scale scales wim weight",
    "vehicle-counter": "counter loop traffic",
    "electronic-queue": "queue scoreboard",
    "barrier": "barrier boom bollard gate turnstile",
    "ups": "ups battery inverter",
    "generator": "generator genset dgu diesel",
    "power-meter": "meter power energy",
    "gnss-time": "gnss gps ntp time ptp",
    "lte": "lte",
    "vsat": "vsat",
    "transceiver": "sfp transceiver optical",
    "link": "link router switch modem wan network",
    "gateway": "gateway plc rtu edge",
    "cabinet": "cabinet rack enclosure",
    "weather": "weather meteo anemometer wind rain",
    "camera": "camera cam ptz ipc onvif video",
    "fire-alarm": "fire smoke gas",
    "door-contact": "door contact reed",
    "motion-sensor": "motion pir presence",
    "climate": "climate temperature humidity hvac",
}

OF_DEVICE_CLASS: dict[str, str] = {word: kind for kind, words in _DEVICE_CLASSES.items() for word in words.split()}
OF_WORD: dict[str, str] = {word: kind for kind, words in _WORDS.items() for word in words.split()}
ONVIF_ROOTS = frozenset(
    {"ruleengine", "videosource", "videoanalytics", "audioanalytics", "device", "recordingconfig", "imaging", "media"}
)
"""First levels of ONVIF event topics; all of them are said by cameras."""
