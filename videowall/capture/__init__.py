"""From a camera to its coded pictures: which streams run, how they are opened, and what waits for a decoder."""
