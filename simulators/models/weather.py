"""The weather station."""

from datetime import datetime

from simulators.models.model import Model, Values


class WeatherStation(Model):
    """Says the post's weather."""

    def sample(self, now: datetime) -> Values:
        """The weather as its instruments read it."""
        weather = self.around.weather(now)
        return {
            "temperature": weather.temperature_c,
            "humidity": weather.humidity_percent,
            "pressure": weather.pressure_hpa,
            "wind": max(0.0, self.near(weather.wind_mps, 0.3)),
            "gust": weather.gust_mps,
            "rain": weather.rain_mmph,
            "visibility": weather.visibility_m,
        }
