"""Reading the attention weights out of checkpoints and models, and putting edited ones back."""
