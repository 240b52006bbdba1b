"""Every damage to an audit log of 10,000 records is found at its place, on each database."""

import sys

from _tests import run

if __name__ == "__main__":
    sys.exit(
        run("tests/service/audit/test_tampering.py", RECORDS=10_000, ROUNDS=20, SIGNED=10)
        or run("tests/service/audit/test_export.py", "-k", "changed", ROUNDS=3_000)
    )
