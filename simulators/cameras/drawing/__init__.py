"""What a simulated camera sees: pure functions of its scene, the light, the air, who is there, and the moment."""
