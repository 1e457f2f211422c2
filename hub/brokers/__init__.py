"""The broker: the embedded one, and settings for another."""
