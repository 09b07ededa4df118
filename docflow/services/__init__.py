"""The catalogue: what a citizen can ask for, as versions of folders of files."""
