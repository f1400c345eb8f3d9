"""`scalesearch` with a fault: the n-th write to a journal stops after some bytes, and the process dies there.

`python -m experiments.torn_write WRITE BYTES search JOB.yaml ...`; the bytes may be 0 or the whole record.
"""

import itertools
import os
import signal
import sys

import runners.journal
from runners.cli.main import main

_whole = runners.journal._write


def arm(write: int, size: int) -> None:
    """Have the write number `write`, counted from 0, end this process after `size` bytes."""
    numbers = itertools.count()

    def torn(descriptor: int, data: bytes) -> None:
        if next(numbers) == write:
            os.write(descriptor, data[:size])
            os.kill(os.getpid(), signal.SIGKILL)
        _whole(descriptor, data)

    runners.journal._write = torn


if __name__ == "__main__":
    arm(int(sys.argv[1]), int(sys.argv[2]))
    sys.exit(main(sys.argv[3:]))
