"""Every attempt to run something on the page, each streamed by itself in random pieces, and every
name. Takes about four minutes."""

import sys

from _tests import run

if __name__ == "__main__":
    sys.exit(run("tests/browser/test_page_corpus.py", SINGLES=10_000, NAMES=10_000))
