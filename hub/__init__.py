"""Decisions: discovery, registry, readings, alarms, log, storage, API."""
