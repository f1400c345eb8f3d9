"""The files of a job's folder beside its journals: what describes the job."""

import json
from pathlib import Path

from spaces.errors import BadInput


def described(folder: Path) -> tuple[str, str, Path]:
    """The text of the job file, the job's name, and the folder its relative paths start from.

    Raises:
        BadInput: `folder` holds no job.
    """
    try:
        text = (folder / "job.yaml").read_text()
        source = json.loads((folder / "source.json").read_text())
        return text, source["name"], Path(source["folder"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput.of("job folder", "a folder that `scalesearch search` wrote", str(folder)) from error
