"""How far the demonstration is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINES = 8


class DemoProgress:
    """Steps before the replay are named; the replay's hours are counted."""

    def __init__(self, hours: int, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._hours = hours
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("hours"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=hours)

    def __enter__(self) -> DemoProgress:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def step(self, name: str) -> None:
        """Name what is done now."""
        if self._console.is_terminal:
            self._bar.update(self._task, description=name)
        else:
            self._say(name)

    def hour(self, done: int) -> None:
        """So many hours are replayed."""
        if self._console.is_terminal:
            self._bar.update(self._task, completed=done)
        elif done * LINES // self._hours > (done - 1) * LINES // self._hours:
            self._say(f"replayed {done:,} of {self._hours:,} hours")

    def warn(self, text: str) -> None:
        """Something that somebody should look at."""
        self._say(text)

    def _say(self, text: str) -> None:
        self._console.print(f"wellhead: {text}", markup=False, highlight=False)
