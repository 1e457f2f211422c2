"""The wall beside other people's walls: what each costs on the same cameras, read back from what each delivers."""
