"""Every answer is one that the OpenAPI document describes: 120 requests to each operation of those
that it allows, and as many of those that it does not."""

import sys

from _tests import run

if __name__ == "__main__":
    sys.exit(run("tests/api/test_openapi.py", EXAMPLES=120))
