"""What is measured, never asserted: `make bench`, or one by name with `make bench BENCH=name`."""
