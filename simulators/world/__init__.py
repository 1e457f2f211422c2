"""One post's world: weather, sun, traffic, who moves on the ground, what is wrong. All sensors and pictures read it."""
