"""What leaves the app: a layer as bytes for a picture."""
