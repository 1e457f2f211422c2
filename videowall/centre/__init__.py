"""What a wall and the centre say to each other over the broker."""
