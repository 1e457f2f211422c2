"""What is written on tiles and panels: plain values of what is said, and the patches that they are drawn as."""
