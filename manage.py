#!/usr/bin/env python3
"""Plazuela's command line: `python manage.py help` lists the commands."""

import os
import signal
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Plazuela cannot start: Django is not installed for this Python. "
            "Run `make run` once, then use .venv/bin/python."
        )
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        # Ctrl-C while it still loads, or in a command without an end of its own: no traceback.
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
