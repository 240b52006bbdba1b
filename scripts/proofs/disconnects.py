"""A client that leaves, in any way and at any time, frees its generation: 1,000 times each."""

import sys

from _tests import run

if __name__ == "__main__":
    sys.exit(run("tests/api/test_disconnect.py", TIMES=1000))
