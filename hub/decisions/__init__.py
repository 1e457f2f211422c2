"""What the hub decides: inputs in, effects out, without I/O."""
