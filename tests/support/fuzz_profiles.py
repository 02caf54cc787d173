"""How hypothesis runs: what every change runs, and what goes on for hours."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from wellhead.places import state_folder

#: Names the folder of the runner, for the processes that it starts.
FOLDER = "WELLHEAD_FUZZ"


def folder() -> Path:
    """Where examples, findings and logs of the runner are kept."""
    return Path(os.environ.get(FOLDER) or state_folder() / "fuzz")


def load() -> None:
    """What every change runs finds the same everywhere; `make fuzz` looks further. All is set,
    because hypothesis' own "ci" profile would change some of it under CI."""
    settings.register_profile(
        "pr",
        deadline=None,
        print_blob=True,
        derandomize=True,
        database=None,
        max_examples=50,
        stateful_step_count=25,
        phases=(Phase.explicit, Phase.generate),  # shrinking on a chain is slow
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.register_profile(
        "fuzz",
        settings.get_profile("pr"),
        derandomize=False,
        database=DirectoryBasedExampleDatabase(folder() / "examples"),
        max_examples=200,  # of one round; there are many
        stateful_step_count=50,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    )
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "pr"))
