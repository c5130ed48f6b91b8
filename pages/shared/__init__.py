"""What all screens share: state, caches, the frame, widgets and background jobs."""
