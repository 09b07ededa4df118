"""What citizens owe the body, what the bank says came, and how the two meet."""
