"""What screens do, on its way into the core."""
