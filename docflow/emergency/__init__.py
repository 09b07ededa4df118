"""The register for the hours when the system is down."""
