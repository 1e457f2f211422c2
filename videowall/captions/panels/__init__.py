"""Tiles that are no camera's: alarms, sites, map, clock, message, and what a wall says when it has nothing to show."""
