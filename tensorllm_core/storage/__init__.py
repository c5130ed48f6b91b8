"""Storage: results kept in memory within bounds, and files that are whole or not there."""
