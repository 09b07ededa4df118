"""What the steps of the shipped services do."""
