"""What the explaining panels and lessons say and show, as plain data."""
