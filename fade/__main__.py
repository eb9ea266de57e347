"""``python -m fade``."""

from fade.cli.main import main

main()
