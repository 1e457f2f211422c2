"""What equipment says: vocabulary, units, wire formats. Pure: no I/O, no threads, time is an argument."""
