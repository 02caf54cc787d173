"""Runs the property tests again and again, with new seeds, for as long as is wanted.

Each round is a process of its own: one test, one seed. What fails is written down and told, and the
rest goes on; hypothesis keeps the examples that failed, and tries them first the next time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import exercised, fuzz_profiles
from tests.support.fuzz_findings import Finding
from tests.support.fuzz_plugin import REPLAY, SEED
from wellhead.toolchain import project_root

#: Seconds that a round may go on after the time is over: a failure is made smaller, say.
GRACE = 600.0
#: pytest's exit code.
PASSED = 0


@dataclass
class Round:
    """A process that runs one test with one seed."""

    test: str
    seed: int
    process: subprocess.Popen[bytes]
    log: Path


@dataclass
class Runner:
    """Keeps `workers` rounds going on these tests."""

    folder: Path
    tests: Sequence[str]
    workers: int
    seed: int | None = None
    running: list[Round] = field(default_factory=list)
    rounds: int = 0
    is_stopping: bool = False
    known: set[Path] = field(default_factory=set)
    queue: list[str] = field(default_factory=list)

    def run(self, seconds: float, grace: float = GRACE) -> int:
        """Until the time is over, or somebody interrupts; 1 where anything was found."""
        begun = told = time.monotonic()
        first = random.SystemRandom().randrange(len(self.tests))
        self.queue = [*self.tests[first:], *self.tests[:first]]
        self.known = set(self._written())
        old = set(self.known)
        for written in ("progress", "met"):
            for path in (self.folder / written).glob("*.json"):
                path.unlink()
        try:
            while True:
                passed = time.monotonic() - begun
                while passed < seconds and len(self.running) < self.workers and self.queue:
                    self._start()
                if not self.running or passed > seconds + grace:
                    break
                self._collect()
                if time.monotonic() > told + 60:
                    told = time.monotonic()
                    self._tell(passed, len(self.known - old))
                time.sleep(0.2)
        except KeyboardInterrupt:
            print("\ninterrupted", flush=True)
        finally:
            self._stop()
        self._collect()
        found = sorted(self.known - old)
        self._tell(time.monotonic() - begun, len(found))
        for path in found:
            print(f"finding: {path}")
        print(f"never met: {', '.join(self._missed()) or 'nothing'}", flush=True)
        return 1 if found else 0

    def _start(self) -> None:
        """A round of the next test, whose turn comes again when all others had theirs."""
        test = self.queue.pop(0)
        self.queue.append(test)
        seed = random.SystemRandom().randrange(2**32) if self.seed is None else self.seed
        log = self.folder / "log" / f"{self.rounds % 100}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            process = subprocess.Popen(
                command(test),
                env=environment(self.folder, **{SEED: str(seed)}),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(Round(test, seed, process, log))
        self.rounds += 1

    def _collect(self) -> None:
        """Take what has ended, and tell what was found."""
        for one in [one for one in self.running if one.process.poll() is not None]:
            self.running.remove(one)
            mine = set(self._written(f"*-{one.seed}.txt"))
            new = mine - self.known
            if one.process.returncode != PASSED and not mine and not self.is_stopping:
                said = one.log.read_text("utf-8", "replace")
                path = self.folder / "findings" / f"broken-{one.seed}.txt"
                Finding.of(one.test, str(one.seed), said).write(path)
                new.add(path)
                # It can not even be run: once is enough.
                self.queue = [test for test in self.queue if test != one.test]
            self.known |= new
            for path in sorted(new):
                print(f"\nFOUND by {one.test}, seed {one.seed}\n{path.read_text('utf-8')}\n")
            sys.stdout.flush()

    def _stop(self) -> None:
        self.is_stopping = True
        for one in self.running:
            one.process.send_signal(signal.SIGINT)  # its node is still needed to end well
        for one in self.running:
            try:
                one.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(one.process.pid, signal.SIGKILL)
                one.process.wait()

    def _written(self, pattern: str = "*.txt") -> Iterator[Path]:
        return (self.folder / "findings").glob(pattern)

    def _missed(self) -> list[str]:
        """What there is in the contracts and no round came upon: functions that change something,
        events and errors."""
        met = (json.loads(path.read_text()) for path in (self.folder / "met").glob("*.json"))
        return exercised.missed(set().union(*met), views=False)

    def _tell(self, passed: float, found: int) -> None:
        counts = [json.loads(p.read_text()) for p in (self.folder / "progress").glob("*.json")]
        examples, steps = (sum(c[what] for c in counts) for what in ("examples", "steps"))
        minutes, seconds = divmod(int(passed), 60)
        print(
            f"{minutes:4d}:{seconds:02d}  {self.rounds} rounds  {examples:,} examples  "
            f"{steps:,} steps  {found} findings",
            flush=True,
        )


def command(*arguments: str) -> list[str]:
    """pytest, in this Python and with the project's settings."""
    settings = ["-c", str(project_root() / "pyproject.toml"), "-p", "no:cacheprovider"]
    plugin = ["-p", "tests.support.fuzz_plugin"]
    return [sys.executable, "-m", "pytest", "-q", "--tb=short", *settings, *plugin, *arguments]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """For one of its processes."""
    own = {"HYPOTHESIS_PROFILE": "fuzz", fuzz_profiles.FOLDER: str(folder)}
    return {**os.environ, **own, **more}


def listed(folder: Path, chosen: Sequence[str]) -> list[str]:
    """All property tests, or those that are named, as pytest names them."""
    named = [*chosen] or ["-m", "property", "tests"]
    done = subprocess.run(
        command("--collect-only", *named),
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if "::" in line]
    if done.returncode != PASSED or not found:
        raise SystemExit(f"fuzz: pytest finds no such tests\n{done.stdout}{done.stderr}")
    return found


def replay(folder: Path, path: Path) -> int:
    """Show a finding again."""
    test = Finding.read(path).test
    asked = environment(folder, **{REPLAY: str(path.absolute())})
    return subprocess.run(command(test), env=asked, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=1.0, help="how long (1)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="at once (all)")
    parser.add_argument("--seed", type=int, help="of every round, in place of new ones")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="show a finding again")
    parser.add_argument("tests", nargs="*", metavar="TEST", help="only these, as pytest names them")
    given = parser.parse_args(arguments)
    folder = fuzz_profiles.folder().absolute()
    if given.replay:
        return replay(folder, given.replay)
    runner = Runner(folder, listed(folder, given.tests), given.workers, given.seed)
    return runner.run(given.hours * 3600)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
