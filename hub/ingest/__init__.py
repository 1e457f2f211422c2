"""The way in: MQTT, received so that nothing acknowledged is lost."""
