"""Every route, asked by everybody with everything that lets somebody in: nothing leaks."""

import sys

from _tests import run

if __name__ == "__main__":
    sys.exit(run("tests/api/test_access_matrix.py", WAYS_IN=3))
