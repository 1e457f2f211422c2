"""A run's truth held against what the system said of it: what was found, missed or false, and what walls showed."""
