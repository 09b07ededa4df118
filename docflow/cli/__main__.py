"""`python -m docflow.cli`, where the console script is not installed."""

from docflow.cli import main

main()
