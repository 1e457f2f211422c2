"""The whole of Shekara on one machine: throw-away settings, every process supervised, an intrusion played."""
