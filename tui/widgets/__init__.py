"""What screens are made of: lines that repaint only where they read differently."""
