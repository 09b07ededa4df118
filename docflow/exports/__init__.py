"""The register as paper and as tables."""
