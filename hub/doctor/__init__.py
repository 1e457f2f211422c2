"""What would go wrong, found out before it does."""
