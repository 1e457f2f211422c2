"""The units by quantity: code, factor to the first of its quantity, offset, spellings. Data only; see `sensors.units`.

Quantities are names of measurements in the time-series database: a change of one splits its history.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One unit; `spellings` are separated by blanks and themselves written without blanks."""

    code: str
    factor: str = "1"
    spellings: str = ""
    offset: str = "0"


TABLES: dict[str, tuple[Row, ...]] = {
    "temperature": (
        Row("Cel", "1", "°C degC deg_C C celsius degreesCelsius degreeCelsius centigrade градC гр.C °С"),
        Row("[degF]", "5/9", "°F degF deg_F F fahrenheit degreesFahrenheit degreeFahrenheit", "-160/9"),
        Row("K", "1", "kelvin °K", "-273.15"),
    ),
    "ratio": (
        Row("%", "1", "percent percentage pct %RH RH% %rh процент %отн.вл."),
        Row("[ppm]", "1/10000", "ppm partspermillion"),
        Row("[ppb]", "1/10000000", "ppb partsperbillion"),
    ),
    "speed": (
        Row("m/s", "1", "mps m.s-1 м/с metrespersecond meterspersecond"),
        Row("km/h", "5/18", "kmh kph km/hr км/ч kmph"),
        Row("[mi_i]/h", "0.44704", "mph mi/h"),
        Row("[kn_i]", "463/900", "kn kt kts knot knots уз"),
        Row("[ft_i]/s", "0.3048", "ft/s"),
        Row("mm/s", "1/1000", "мм/с"),
        Row("cm/s", "1/100", "см/с"),
    ),
    "acceleration": (
        Row("m/s2", "1", "m/s^2 m/s/s м/с2"),
        Row("[g]", "9.80665", "gn g0 g-force"),
    ),
    "voltage": (
        Row("V", "1", "volt volts В VDC VAC Vdc Vac Vrms"),
        Row("mV", "1/1000", "millivolt millivolts мВ"),
        Row("uV", "1/1000000", "microvolt microvolts мкВ"),
        Row("kV", "1000", "kilovolt kilovolts кВ"),
    ),
    "current": (
        Row("A", "1", "amp amps ampere amperes А Arms"),
        Row("mA", "1/1000", "milliamp milliamps мА"),
        Row("uA", "1/1000000", "microamp microamps мкА"),
    ),
    "charge": (
        Row("A.h", "1", "Ah А.ч А*ч"),
        Row("mA.h", "1/1000", "mAh мА.ч мА*ч"),
    ),
    "power": (
        Row("W", "1", "watt watts Вт"),
        Row("mW", "1/1000", "milliwatt milliwatts мВт"),
        Row("kW", "1000", "kilowatt kilowatts кВт"),
        Row("MW", "1000000", "megawatt megawatts МВт"),
        Row("[HP]", "745.6998715822702", "hp horsepower"),
    ),
    "apparent_power": (
        Row("V.A", "1", "VA ВА В.А"),
        Row("kV.A", "1000", "kVA кВА кВ.А"),
    ),
    "reactive_power": (
        Row("V.A{reactive}", "1", "var VAr VAR вар"),
        Row("kV.A{reactive}", "1000", "kvar kVAr kVAR квар"),
    ),
    "energy": (
        Row("kW.h", "1", "kWh кВт.ч кВтч кВт*ч kilowatthours"),
        Row("W.h", "1/1000", "Wh Вт.ч"),
        Row("MW.h", "1000", "MWh МВт.ч"),
        Row("J", "1/3600000", "joule joules Дж"),
        Row("kJ", "1/3600", "кДж"),
        Row("MJ", "5/18", "МДж"),
    ),
    "particle_energy": (
        Row("keV", "1", "кэВ"),
        Row("MeV", "1000", "МэВ"),
        Row("eV", "1/1000", "эВ"),
    ),
    "resistance": (
        Row("Ohm", "1", "Ω ohms Ом"),
        Row("kOhm", "1000", "kΩ кОм"),
        Row("MOhm", "1000000", "MΩ МОм"),
    ),
    "conductivity": (
        Row("uS/cm", "1", "мкСм/см"),
        Row("mS/cm", "1000", "мСм/см"),
        Row("S/m", "10000", "См/м"),
    ),
    "pressure": (
        Row("hPa", "1", "гПа hectopascal"),
        Row("Pa", "1/100", "Па pascal pascals"),
        Row("kPa", "10", "кПа kilopascal"),
        Row("MPa", "10000", "МПа megapascal"),
        Row("mbar", "1", "мбар millibar"),
        Row("cbar", "10", ""),
        Row("bar", "1000", "бар bars"),
        Row("mm[Hg]", "1.33322387415", "mmHg мм.рт.ст. ммрт.ст. торр torr"),
        Row("[in_i'Hg]", "33.8638864034", "inHg inchesofmercury"),
        Row("mm[H2O]", "0.0980665", "mmH2O mmWC мм.вод.ст."),
        Row("[psi]", "68.94757293168361", "psi psig psia"),
        Row("atm", "1013.25", "атм"),
    ),
    "precipitation": (
        Row("mm/h", "1", "mm/hr мм/ч"),
        Row("mm/d", "1/24", "mm/day мм/сут"),
        Row("[in_i]/h", "25.4", "in/h in/hr"),
        Row("[in_i]/d", "127/120", "in/d in/day"),
    ),
    "length": (
        Row("m", "1", "metre metres meter meters м"),
        Row("um", "1/1000000", "micron microns мкм"),
        Row("mm", "1/1000", "millimetre millimetres millimeter millimeters мм"),
        Row("cm", "1/100", "centimetre centimetres centimeter centimeters см"),
        Row("km", "1000", "kilometre kilometres kilometer kilometers км"),
        Row("[in_i]", "0.0254", 'in inch inches "'),
        Row("[ft_i]", "0.3048", "ft foot feet '"),
        Row("[yd_i]", "0.9144", "yd yard yards"),
        Row("[mi_i]", "1609.344", "mi mile miles"),
        Row("[nmi_i]", "1852", "nmi NM nauticalmile nauticalmiles"),
    ),
    "area": (
        Row("m2", "1", "m^2 м2 sqm"),
        Row("cm2", "1/10000", "cm^2 см2"),
        Row("km2", "1000000", "km^2 км2"),
    ),
    "volume": (
        Row("L", "1", "l litre litres liter liters л"),
        Row("mL", "1/1000", "ml мл"),
        Row("m3", "1000", "m^3 м3 cbm"),
        Row("[gal_us]", "3.785411784", "gal gallon gallons"),
        Row("[cft_i]", "28.316846592", "ft3 ft^3 cft"),
    ),
    "volume_flow": (
        Row("L/min", "1", "l/min lpm л/мин"),
        Row("L/h", "1/60", "l/h л/ч"),
        Row("L/s", "60", "l/s л/с"),
        Row("m3/h", "50/3", "m^3/h м3/ч cmh"),
        Row("m3/s", "60000", "m^3/s м3/с"),
        Row("[gal_us]/min", "3.785411784", "gal/min gpm"),
        Row("[cft_i]/min", "28.316846592", "ft3/min cfm"),
    ),
    "mass": (
        Row("kg", "1", "kilogram kilograms кг"),
        Row("g", "1/1000", "gram grams г"),
        Row("mg", "1/1000000", "milligram milligrams мг"),
        Row("t", "1000", "tonne tonnes ton_metric т тонн"),
        Row("[lb_av]", "0.45359237", "lb lbs pound pounds"),
        Row("[oz_av]", "0.028349523125", "oz ounce ounces"),
    ),
    "mass_concentration": (
        Row("ug/m3", "1", "ug/m^3 мкг/м3"),
        Row("mg/m3", "1000", "mg/m^3 мг/м3"),
        Row("g/m3", "1000000", "g/m^3 г/м3"),
    ),
    "angle": (
        Row("deg", "1", "° degree degrees град"),
        Row("rad", "57.29577951308232", "radian radians рад"),
    ),
    "rotation": (
        Row("{rev}/min", "1", "rpm RPM r/min об/мин rev/min"),
        Row("{rev}/s", "60", "rps rev/s об/с"),
    ),
    "illuminance": (
        Row("lx", "1", "lux лк люкс"),
        Row("klx", "1000", "klux"),
    ),
    "luminous_flux": (Row("lm", "1", "lumen lumens лм"),),
    "irradiance": (Row("W/m2", "1", "W/m^2 Вт/м2"),),
    "magnetic_field": (
        Row("uT", "1", "мкТл microtesla"),
        Row("nT", "1/1000", "нТл nanotesla"),
        Row("mT", "1000", "мТл millitesla"),
    ),
    "frequency": (
        Row("Hz", "1", "hertz Гц fps frames/s"),
        Row("kHz", "1000", "кГц kilohertz"),
        Row("MHz", "1000000", "МГц megahertz"),
        Row("GHz", "1000000000", "ГГц gigahertz"),
    ),
    "duration": (
        Row("s", "1", "sec secs second seconds с сек"),
        Row("ns", "1/1000000000", "nanosecond nanoseconds нс"),
        Row("us", "1/1000000", "usec microsecond microseconds мкс"),
        Row("ms", "1/1000", "msec millisecond milliseconds мс"),
        Row("min", "60", "mins minute minutes мин"),
        Row("h", "3600", "hr hrs hour hours ч час"),
        Row("d", "86400", "day days сут дн"),
        Row("wk", "604800", "w week weeks нед"),
    ),
    "data_rate": (
        Row("kbit/s", "1", "kbps kb/s Kbps Kbit/s кбит/с"),
        Row("bit/s", "1/1000", "bps b/s бит/с"),
        Row("Mbit/s", "1000", "Mbps Mb/s Мбит/с"),
        Row("Gbit/s", "1000000", "Gbps Gb/s Гбит/с"),
        Row("By/s", "1/125", "B/s Bps bytes/s байт/с"),
        Row("kBy/s", "8", "kB/s KB/s кБ/с"),
        Row("MBy/s", "8000", "MB/s МБ/с"),
        Row("KiBy/s", "8.192", "KiB/s"),
        Row("MiBy/s", "8388.608", "MiB/s"),
    ),
    "data_size": (
        Row("MBy", "1", "MB МБ megabytes"),
        Row("bit", "1/8000000", "bits бит"),
        Row("By", "1/1000000", "B byte bytes байт"),
        Row("kBy", "1/1000", "kB KB кБ kilobytes"),
        Row("GBy", "1000", "GB ГБ gigabytes"),
        Row("TBy", "1000000", "TB ТБ terabytes"),
        Row("KiBy", "0.001024", "KiB"),
        Row("MiBy", "1.048576", "MiB"),
        Row("GiBy", "1073.741824", "GiB"),
    ),
    "signal_level": (Row("{dBm}", "1", "dBm дБм"),),
    "level": (Row("dB", "1", "decibel decibels дБ"),),
    "sound_level": (Row("dB[SPL]", "1", "dBA dB(A) dB-A дБА"),),
    "count_rate": (
        Row("{count}/s", "1", "cps CPS counts/s count/s c/s имп/с имп./с имп./сек"),
        Row("{count}/min", "1/60", "cpm CPM counts/min count/min имп/мин"),
    ),
    "dose": (
        Row("uSv", "1", "мкЗв microsievert"),
        Row("nSv", "1/1000", "нЗв nanosievert"),
        Row("mSv", "1000", "мЗв millisievert"),
        Row("Sv", "1000000", "Зв sievert"),
    ),
    "dose_rate": (
        Row("uSv/h", "1", "uSv/hr мкЗв/ч мкЗв/час"),
        Row("nSv/h", "1/1000", "nSv/hr нЗв/ч нЗв/час"),
        Row("mSv/h", "1000", "mSv/hr мЗв/ч мЗв/час"),
        Row("Sv/h", "1000000", "Sv/hr Зв/ч"),
        Row("uSv/s", "3600", "мкЗв/с"),
    ),
    "absorbed_dose_rate": (
        Row("uGy/h", "1", "uGy/hr мкГр/ч"),
        Row("nGy/h", "1/1000", "nGy/hr нГр/ч"),
        Row("mGy/h", "1000", "mGy/hr мГр/ч"),
    ),
    "exposure_rate": (
        Row("uR/h", "1", "uR/hr мкР/ч мкР/час"),
        Row("mR/h", "1000", "mR/hr мР/ч мР/час"),
        Row("R/h", "1000000", "R/hr Р/ч"),
    ),
    "activity": (
        Row("Bq", "1", "Бк becquerel"),
        Row("kBq", "1000", "кБк"),
        Row("MBq", "1000000", "МБк"),
        Row("Ci", "37000000000", "curie"),
        Row("uCi", "37000", ""),
    ),
    "activity_concentration": (
        Row("Bq/m3", "1", "Bq/m^3 Бк/м3"),
        Row("pCi/L", "37", "pCi/l"),
    ),
    "acidity": (Row("[pH]", "1", "pH"),),
}

COUNTED: dict[str, str] = {
    "{count}": "count counts имп имп.",
    "{vehicle}": "vehicle vehicles veh авто тс",
    "{person}": "person persons people pax чел чел.",
    "{packet}": "packet packets pkt pkts пакет пакетов",
    "{frame}": "frame frames кадр кадров",
    "{error}": "error errors ошибок",
    "{event}": "event events событий",
    "{hit}": "hit hits",
    "{satellite}": "satellite satellites sats",
    "{cycle}": "cycle cycles",
    "{index}": "UVindex index",
    "{step}": "step steps",
}
"""Things counted, and their spellings; one is never converted into another."""
