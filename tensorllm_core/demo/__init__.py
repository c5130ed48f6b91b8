"""The synthetic world and the training recipe of the bundled models."""
