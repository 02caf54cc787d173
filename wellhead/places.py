"""Where Wellhead runs from and where it keeps things.

In a checkout everything is kept in its own .wellhead. An installed package keeps everything in one
folder of the user's: $WELLHEAD_HOME, else wellhead in $XDG_DATA_HOME, else ~/.local/share/wellhead.
"""

from __future__ import annotations

import os
from pathlib import Path

from wellhead.sources import CONFIG

#: The state folder of a checkout.
STATE = Path(".wellhead")
HOME_VARIABLE = "WELLHEAD_HOME"


def checkout() -> Path | None:
    """The checkout that this code is part of; None for an installed package."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / CONFIG).is_file() and (root / "contracts").is_dir() else None


def state_folder() -> Path:
    """Where local chains, deployments and tools are kept. It need not exist yet."""
    root = checkout()
    if root is not None:
        return root / STATE
    if given := os.environ.get(HOME_VARIABLE):
        return Path(given).absolute()
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "wellhead"
