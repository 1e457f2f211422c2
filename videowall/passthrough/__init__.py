"""Cameras' own streams for those who decode them themselves."""
