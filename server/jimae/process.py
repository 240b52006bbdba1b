"""What our child processes have in common.

They never outlive who started them, and inherit no settings and no secrets.
"""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

import jimae

_PR_SET_PDEATHSIG = 1

# OpenMP's threads wait for each other by spinning, by default for so long that on
# a machine with anything else to do every barrier costs a time slice: a step of
# 15 ms took 7 s. This long, an idle machine is as fast, and a busy one shares (not
# at all: one user's token takes a third longer).
#
# Weights and KV cache in huge pages where the kernel has them on request: 4% on one
# user's token (glibc 2.35; older ones pass over it).
_DEFAULTS = {"GOMP_SPINCOUNT": "10000", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
_PASSED_ON_PREFIXES = ("OMP_", "GOMP_", "GGML_", "CUDA_", "HIP_", "ROCR_", "VK_")


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when `parent`, a process id, ends (Linux)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def child_environment() -> dict[str, str]:
    """The environment of a child: what its libraries need, and where this package is."""
    passed = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    root = str(Path(jimae.__file__).resolve().parent.parent)
    return (
        _DEFAULTS
        | passed
        | {
            "PYTHONPATH": root,
            "PYTHONUNBUFFERED": "1",
            "GGML_NO_BACKTRACE": "1",
        }
    )


def physical_cores() -> int:
    """Cores this process may use, hyper-threads counted once where that can be seen."""
    import psutil

    allowed = len(os.sched_getaffinity(0))
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))
