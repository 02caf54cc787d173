"""What a deployment in progress has done so far: a file that survives any interruption.

It is written before and after every transaction, so that whoever continues knows which may be on
their way. A signed transaction in it is no secret: it can only be sent as it is.
"""

from __future__ import annotations

import json
import time
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from wellhead.chain import locks
from wellhead.chain.plan import Creation, Parameters, Step, steps
from wellhead.chain.record import DeploymentError, write_json

SCHEMA = "wellhead.journal/1"


@dataclass
class Sent:
    """One version of a transaction; a later one replaces it at a higher fee."""

    hash: str | None
    raw: str | None
    max_fee: int
    tip: int


@dataclass
class Entry:
    """A step of the plan: its nonce, what was sent for it, and where that was mined."""

    label: str
    nonce: int
    address: str | None = None
    sent: list[Sent] = field(default_factory=list)
    mined: str | None = None
    block: int | None = None

    @property
    def hashes(self) -> list[str]:
        return [sent.hash for sent in self.sent if sent.hash is not None]


@dataclass
class Journal:
    """A plan and how far it is."""

    chain_id: int
    deployer: str
    first_nonce: int
    start_block: int
    parameters: Parameters
    bytecode_hash: str
    entries: list[Entry]

    @classmethod
    def fresh(
        cls,
        chain_id: int,
        deployer: str,
        nonce: int,
        block: int,
        parameters: Parameters,
        bytecode_hash: str,
    ) -> Journal:
        entries = [
            Entry(step.label, nonce + index, step.address if isinstance(step, Creation) else None)
            for index, step in enumerate(steps(deployer, nonce, parameters))
        ]
        return cls(chain_id, deployer, nonce, block, parameters, bytecode_hash, entries)

    def steps(self) -> list[tuple[Step, Entry]]:
        planned = steps(self.deployer, self.first_nonce, self.parameters)
        return list(zip(planned, self.entries, strict=True))

    def done(self) -> int:
        return sum(entry.mined is not None for entry in self.entries)

    def save(self, path: Path) -> None:
        body = {**asdict(self), "parameters": self.parameters.plain()}
        write_json(path, {"schema": SCHEMA, **body})

    @classmethod
    def read(cls, path: Path) -> Journal | None:
        """The journal at `path`; None when there is none."""
        try:
            body: dict[str, Any] = json.loads(path.read_text("utf-8"))
            if body.pop("schema") != SCHEMA:
                raise ValueError(f"its schema is not {SCHEMA}")
            entries = [
                Entry(**{**entry, "sent": [Sent(**sent) for sent in entry["sent"]]})
                for entry in body.pop("entries")
            ]
            parameters = Parameters.from_plain(body.pop("parameters"))
            return cls(entries=entries, parameters=parameters, **body)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DeploymentError(f"{path} is no journal of a deployment: {error}") from error


def journal_file(deployment_file: Path) -> Path:
    """Beside the deployment file: 1.json is preceded by 1.partial.json."""
    return deployment_file.with_suffix(".partial.json")


def put_aside(path: Path) -> Path:
    """Rename an abandoned journal, which still says what its transactions left on chain."""
    moved = path.with_name(f"{path.name.removesuffix('.json')}-{time.time_ns() // 10**6}.json")
    path.replace(moved)
    return moved


def only_one(deployment_file: Path) -> AbstractContextManager[None]:
    """One deployment to a file at a time; a second one is refused at once."""
    return locks.only_one(
        deployment_file.with_suffix(".lock"),
        lambda who: DeploymentError(
            f"another deployment to {deployment_file} is in progress (process {who})"
        ),
    )
