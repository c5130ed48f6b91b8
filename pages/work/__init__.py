"""Work and its results: the queue, background jobs, caches and loaded models."""
