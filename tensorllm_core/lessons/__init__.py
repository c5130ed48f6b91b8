"""Small examples that the explaining panels draw, as plain data."""
