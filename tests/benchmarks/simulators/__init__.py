"""What simulated posts cost: how many readings, and how many streams, come out of one core."""
