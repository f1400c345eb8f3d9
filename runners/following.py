"""Reading a journal while another process writes it: each call takes in what is new."""

from pathlib import Path

from runners.journal import FILE, damage
from runners.records import Header, Note, SearchEnd, Stopped, decode
from search.history import History
from search.trial import Asked, Event
from spaces.errors import BadInput


class Follower:
    """The journal of one folder, as far as it has been read.

    A line that is being written, or was cut short by a crash, is left for the next call.

    Attributes:
        history: of the trials read so far.
        notes: texts of the remarks read so far.
        ends: how searches ended, by name, in the journal of a sweep; the last end counts.
        begun: whether there is a journal at all.
        stopped: whether a rule ended the search, and nothing has been asked since.
    """

    def __init__(self, folder: Path) -> None:
        self.history = History()
        self.notes: list[str] = []
        self.ends: dict[str, SearchEnd] = {}
        self.begun = False
        self.stopped = False
        self._path = folder / FILE
        self._offset = 0
        self._lines = 0

    def read(self) -> bool:
        """Take in what has been written since the last call; whether there was anything.

        Raises:
            BadInput: the journal is damaged, or written by a newer version.
        """
        try:
            with open(self._path, "rb") as file:
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:
            return False
        self.begun = True
        whole = new[: new.rfind(b"\n") + 1]
        for line in whole.splitlines():
            self._lines += 1
            self._take(line)
        self._offset += len(whole)
        return bool(whole)

    def _take(self, line: bytes) -> None:
        try:
            record = decode(line)
            if isinstance(record, Event):
                self.history.append(record)
        except BadInput:
            raise
        except (ValueError, KeyError, TypeError) as error:
            raise damage(self._path, self._lines, str(error)) from None
        if isinstance(record, Note | Stopped):
            self.notes.append(record.text)
        if isinstance(record, Stopped | Asked):
            self.stopped = isinstance(record, Stopped)
        if isinstance(record, SearchEnd):
            self.ends[record.name] = record
        elif isinstance(record, Header) and self._lines > 1:
            raise damage(self._path, self._lines, "a header belongs into the first line alone")
