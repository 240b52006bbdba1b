"""A killed server keeps every response it told of: 50 kills under 200 writers, on each database."""

import sys

from _tests import run

if __name__ == "__main__":
    sys.exit(run("tests/store/test_kill.py", ROUNDS=50, WRITERS=200))
