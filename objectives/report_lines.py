"""Reports that a program prints while it runs: lines of JSON with a step and the metric, among any others.

{"step": 100, "loss": 3.2}
"""

import json
import os
from typing import IO, Any

from objectives.reading import as_number
from objectives.reporting import Reporter

_PIECE, _LONGEST = 1 << 20, 1 << 16
"""Bytes read at a time, and of a line that may be a report."""


class ReportLines:
    """Passes on what a program reports, as far as it has written it.

    Args:
        stream: the file its standard output goes to; it is read without moving the program's own position.
        metric: name of what is minimised.
        report: is called with each report.
    """

    def __init__(self, stream: IO[Any], metric: str, report: Reporter) -> None:
        self._descriptor = stream.fileno()
        self._metric = metric
        self._report = report
        self._offset = 0
        self._begun = b""

    def read(self) -> None:
        """Take in what is new.

        Raises:
            TrialPruned: the program is to stop.
            TrialFailed: it reports what is no finite number.
        """
        while piece := os.pread(self._descriptor, _PIECE, self._offset):
            self._offset += len(piece)
            *lines, begun = (self._begun + piece).split(b"\n")
            self._begun = begun[:_LONGEST]
            for line in lines:
                self._take(line.strip())
        self._report.check()

    def _take(self, line: bytes) -> None:
        if not line.startswith(b"{"):
            return
        try:
            found = json.loads(line)
        except ValueError:
            return
        step, value = as_number(found.get("step")), as_number(found.get(self._metric))
        if step is not None and value is not None:
            self._report(step, value)
