"""Coded pictures into planes: decoders and the threads or children that run them, and what is spared under pressure."""
