"""Entry point of every command in scripts/: `run.py <module of this folder> [arguments]`."""

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    # The folder above instead of this one, so that a file here never hides a standard module.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    module, *arguments = sys.argv[1:]
    from lib.shell import SetupError

    try:
        sys.exit(import_module(f"lib.{module}").main(arguments))
    except SetupError as failure:
        failure.show()
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)
