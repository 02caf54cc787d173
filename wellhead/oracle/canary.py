"""Jobs whose answer the asker knows: a cluster that answers right, and in time, has computed.

Two kinds. "gemm" is a product of two integer matrices on a GPU; its entries are so small that TF32
and FP32 compute it exactly, in whatever order they add. "checksum" is a chain of SHA-256 over a
buffer, for what has no GPU. Both follow from a seed that the asker draws, so no answer can be kept
ready; the asker computes what it expects by itself, the product in plain Python.

What it proves is little, and said so: somebody who was asked to run it there answered. It does not
prove which machine did, and a product this small is done by any processor; `ran_on` is the word of
who answers.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import secrets
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Timer
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wellhead.oracle.readings import Canary
from wellhead.oracle.sources.base import Clock, machine_clock

Kind = Literal["gemm", "checksum"]

#: Side of the matrices. Entries are from -128 to 127, exact in BF16 and TF32; sums stay below
#: 96 * 2^14 < 2^24, exact in FP32.
SIDE = 96
BUFFER_BYTES = 2**20
ROUNDS = 32

#: An answer is a line; a job that says more than this is nonsense.
MOST_OUTPUT = 64 * 2**10

_log = logging.getLogger(__name__)


class CanaryUnavailableError(Exception):
    """This machine can not run a job of that kind; a sentence says why."""


class CanaryError(Exception):
    """The asker's own means of asking failed: that says nothing about the cluster."""


class Answer(BaseModel):
    """What a job says, as one line of JSON: the answer is a SHA-256, in hexadecimal."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: Kind
    seed: int
    answer: str = Field(pattern=r"^[0-9a-f]{64}$")
    ran_on: str = Field(default="", max_length=100, pattern=r"^[ -~]*$")


def run_job(kind: Kind, seed: int, library: Any = None) -> Answer:
    """Do the job on this machine. `library` is torch or cupy, else one that is installed and finds
    a GPU; CanaryUnavailableError where there is none and the kind needs one."""
    if kind == "checksum":
        return Answer(kind=kind, seed=seed, answer=_checksum(seed), ran_on="cpu")
    product, ran_on = _product_on_gpu(seed, library)
    return Answer(kind=kind, seed=seed, answer=_digest(product), ran_on=ran_on)


def expected(kind: Kind, seed: int) -> str:
    """The right answer, computed without any of what `run_job` uses for a product."""
    if kind == "checksum":
        return _checksum(seed)
    a, b = matrices(seed)
    columns = list(zip(*b, strict=True))
    return _digest(
        [[sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in a]
    )


def matrices(seed: int) -> tuple[list[list[int]], list[list[int]]]:
    """The two factors of a seed, in rows: bytes of SHAKE-256, less 128."""
    drawn = hashlib.shake_256(f"wellhead gemm {seed}".encode()).digest(2 * SIDE * SIDE)
    rows = [[byte - 128 for byte in drawn[at : at + SIDE]] for at in range(0, len(drawn), SIDE)]
    return rows[:SIDE], rows[SIDE:]


def _digest(product: Sequence[Sequence[int]]) -> str:
    """The SHA-256 of a matrix's entries, row by row, each as four bytes."""
    entries = (int(entry).to_bytes(4, "big", signed=True) for row in product for entry in row)
    return hashlib.sha256(b"".join(entries)).hexdigest()


def _checksum(seed: int) -> str:
    buffer = hashlib.shake_256(f"wellhead checksum {seed}".encode()).digest(BUFFER_BYTES)
    chain = b""
    for _ in range(ROUNDS):
        chain = hashlib.sha256(chain + buffer).digest()
    return chain.hex()


def _product_on_gpu(seed: int, library: Any) -> tuple[list[list[int]], str]:
    """The product's rows, and the name of the GPU that made them."""
    names = ("torch", "cupy") if library is None else (library.__name__,)
    for name in names:
        found = library
        if found is None:
            with suppress(ImportError):
                found = importlib.import_module(name)
        made = found and (_by_torch if name == "torch" else _by_cupy)(found, seed)
        if made:
            return made
    raise CanaryUnavailableError(
        "a gemm needs a GPU, and torch or cupy to reach it: neither finds one here"
    )


def _by_torch(torch: Any, seed: int) -> tuple[list[list[int]], str] | None:
    if not torch.cuda.is_available():
        return None
    a, b = (torch.tensor(m, dtype=torch.float32, device="cuda") for m in matrices(seed))
    return torch.matmul(a, b).cpu().tolist(), f"torch on {torch.cuda.get_device_name(0)}"


def _by_cupy(cupy: Any, seed: int) -> tuple[list[list[int]], str] | None:
    try:
        name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode("ascii", "replace")
    except cupy.cuda.runtime.CUDARuntimeError:
        return None
    a, b = (cupy.asarray(m, dtype=cupy.float32) for m in matrices(seed))
    return cupy.matmul(a, b).get().tolist(), f"cupy on {name}"


class Challenger:
    """Asks a cluster to do a job, by a command of the reporter's own, as in
    `["ssh", "node7", "wellhead", "oracle", "canary", "--kind", "{kind}", "--seed", "{seed}"]`.

    The command's output, or its last line, must be an `Answer` in JSON. `device` is what it
    answers for: a device's name as readings have it, or nothing for the whole cluster.
    """

    def __init__(
        self,
        command: Sequence[str],
        kind: Kind,
        device: str = "",
        timeout_s: float = 60.0,
        now: Clock = machine_clock,
        draw: Callable[[], int] = lambda: secrets.randbits(64),
    ) -> None:
        self._command, self._kind, self._device = tuple(command), kind, device
        self._timeout_s, self._now, self._draw = timeout_s, now, draw

    def challenge(self) -> Canary:
        """Ask once; the canary's time is when it was asked. CanaryError where the command itself
        can not be run."""
        seed, time_s = self._draw(), self._now()
        reason, answer = self._ask(seed)
        if answer and (answer.kind, answer.seed) != (self._kind, seed):
            reason = "it answers something else than it was asked"
        elif answer and answer.answer != expected(self._kind, seed):
            reason = "the answer is wrong"
        if reason:
            _log.warning("canary %s %s failed: %s", self._kind, self._device, reason)
        on = f" on {answer.ran_on}" if answer and answer.ran_on else ""
        return Canary(time_s, self._device, f"{self._kind}{on}", passed=not reason)

    def _ask(self, seed: int) -> tuple[str, Answer | None]:
        """(what is wrong, if anything; the answer, if one came)."""
        command = [
            part.replace("{seed}", str(seed)).replace("{kind}", self._kind)
            for part in self._command
        ]
        try:
            # A group of its own, so that what it starts can be ended with it.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise CanaryError(f"{command[0]} can not be run ({error.strerror})") from error
        late = []

        def end(is_late: bool = True) -> None:
            if process.returncode is not None:
                return  # its number may be another's by now
            if is_late:
                late.append(True)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

        timer = Timer(self._timeout_s, end)
        timer.daemon = True
        timer.start()
        with process:
            said = process.stdout.read(MOST_OUTPUT + 1) if process.stdout else b""
            if len(said) > MOST_OUTPUT:
                end(is_late=False)
            code = process.wait()
        timer.cancel()
        if late:
            return f"no answer within {self._timeout_s:g} s", None
        if len(said) > MOST_OUTPUT:
            return "it says too much", None
        if code != 0:
            return f"the command ended with code {code}", None
        # A login may have had something to say before it.
        for text in (said, said.strip().rpartition(b"\n")[2]):
            with suppress(ValidationError):
                return "", Answer.model_validate_json(text)
        return "it says nothing that is an answer", None
