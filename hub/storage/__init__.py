"""What the hub keeps on disk, and forwards."""
