"""When equipment needs a human: limits, delays, and the life of an alarm. Pure: no I/O, time is an argument."""
