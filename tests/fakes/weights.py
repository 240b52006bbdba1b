"""Real weights for tests: where they are, and how many threads run them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

MODELS: Final = Path(os.environ.get("TEST_MODELS_DIR", Path.home() / ".cache/jimae/models"))

THREADS: Final = 1
"""Of a model. Two wait for each other at every step, and where another process of the tests wants
a core as well, they wait long and busily: one takes less than half the processor time. What the
default takes is run by tests/llama/test_binding.py and tests/test_no_egress.py."""
