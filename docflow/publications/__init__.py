"""Acts that the body makes public."""
