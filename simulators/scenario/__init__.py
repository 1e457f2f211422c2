"""The scenario language: its form, reading and checking a file, and the library of shipped ones."""
