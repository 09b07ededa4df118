"""HTTP: three apps in one process. Parse, one transaction, one call, shape the answer."""
