"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# How fast a busy machine draws examples says nothing about the code under test.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
