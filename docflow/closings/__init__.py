"""The day's register, sealed, and the closing of a year."""
