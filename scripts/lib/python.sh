# Sourced by the commands beside this folder: finds Python and the checkout.
# Sets ROOT and PYTHON. Everything after this is Python with its standard library only.

ROOT=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd) || exit 1

PYTHON=
for candidate in python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        PYTHON=$candidate
        break
    fi
done

if [ -z "$PYTHON" ]; then
    echo "Python 3.11 or newer was not found. On Debian 12 or Ubuntu 24.04 install it with:" >&2
    echo "    sudo apt-get install -y python3" >&2
    exit 1
fi
