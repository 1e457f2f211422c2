"""What can go wrong between a device and the centre: with what is said, with the way it goes, and with the power."""
