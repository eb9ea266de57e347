"""``python -m fade``."""

from fade.main import main

main()
