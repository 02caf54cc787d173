"""The parameter file of a deployment: read, checked, and as what the chain driver wants."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from wellhead.actions.errors import BadInput
from wellhead.actions.settings import sentence
from wellhead.chain import Parameters
from wellhead.chain.fees import Caps
from wellhead.chain.plan import NO_VENUE, Delays, Venue
from wellhead.chain.transactions import Terms
from wellhead.cli.amounts import MILLIONTHS, parse_address, parse_decimal, show_share
from wellhead.cli.files import read_table

HOUR = 3600
#: The most that the router takes, millionths.
MOST_SLIPPAGE, MOST_TIP = 100_000, 10_000
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def _gwei(text: str) -> int:
    return parse_decimal(text, 9)


def _hours(text: str) -> int:
    seconds = parse_decimal(text, 4) * HOUR
    if seconds % 10_000:
        raise ValueError(f"{text} hours is no whole number of seconds")
    return seconds // 10_000


def _percent(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        share = parse_decimal(text, MILLIONTHS - 2)
        if share > most:
            raise ValueError(f"{show_share(share)} is more than {show_share(most)}")
        return share

    return read


def _text(parser: Callable[[str], Any]) -> BeforeValidator:
    """Numbers and texts are read alike, as on the command line; numbers with a point are texts."""

    def read(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError("must be a number or a text")
        return parser(str(value))

    return BeforeValidator(read)


Address = Annotated[str, _text(parse_address)]
Gwei = Annotated[int, _text(_gwei), Field(gt=0)]
Seconds = Annotated[int, _text(_hours), Field(ge=0, lt=2**32)]


Slippage = Annotated[int, _text(_percent(MOST_SLIPPAGE)), Field(gt=0)]
Tip = Annotated[int, _text(_percent(MOST_TIP))]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DelayTable(_Table):
    """Hours between announcing an act and doing it."""

    governor_hours: Seconds = 0
    operator_hours: Seconds = 0
    guardian_hours: Seconds = 0
    officer_hours: Seconds = 0
    grant_hours: Seconds = 0


class VenueTable(_Table):
    """Where bitcoin is bought."""

    pool: Address
    feed: Address
    max_age_seconds: int = Field(default=3600, ge=1, le=604_800)
    slippage_percent: Slippage = 10_000
    tip_percent: Tip = 1_000

    def venue(self) -> Venue:
        return Venue(
            pool=self.pool,
            feed=self.feed,
            max_age=self.max_age_seconds,
            slippage=self.slippage_percent,
            tip=self.tip_percent,
        )


class TransactionTable(_Table):
    """How transactions are sent."""

    max_fee_gwei: Gwei
    max_priority_fee_gwei: Gwei
    confirmations: int = Field(default=5, ge=1, le=1000)
    replace_after_seconds: int = Field(default=120, ge=1, le=86_400)
    patience_minutes: int = Field(default=120, ge=1, le=10_080)

    @model_validator(mode="after")
    def _tip_within_fee(self) -> TransactionTable:
        if self.max_priority_fee_gwei > self.max_fee_gwei:
            raise ValueError("max_priority_fee_gwei must be at most max_fee_gwei")
        return self


class ParameterFile(_Table):
    """Everything that a deployment is made with."""

    chain_id: int = Field(gt=0, lt=2**63)
    rpc: str | None = None
    cash: Address
    reserve: Address
    governor: Address
    reporters: list[Address] = Field(min_length=1, max_length=32)
    threshold: int = Field(ge=1, le=32)
    operators: list[Address] = Field(default_factory=list)
    guardians: list[Address] = Field(default_factory=list)
    officers: list[Address] = Field(default_factory=list)
    finality_hours: Seconds = Field(default=24 * HOUR, ge=HOUR, le=720 * HOUR)
    contest_deposit_dollars: int = Field(default=100, ge=1, le=1_000_000)
    venue: VenueTable | None = None
    delays: DelayTable = Field(default_factory=DelayTable)
    transactions: TransactionTable

    @model_validator(mode="after")
    def _consistent(self) -> ParameterFile:
        for name in ("reporters", "operators", "guardians", "officers"):
            listed = getattr(self, name)
            for account in listed:
                if listed.count(account) > 1:
                    raise ValueError(f"{name} names {account} twice")
        if not len(self.reporters) < 2 * self.threshold <= 2 * len(self.reporters):
            raise ValueError(
                f"{self.threshold} of {len(self.reporters)} reporters is not possible: more than "
                "half of them must sign, and at most all"
            )
        if self.cash == self.reserve:
            raise ValueError("cash and reserve are the same coin")
        return self

    def parameters(self) -> Parameters:
        return Parameters(
            cash=self.cash,
            reserve=self.reserve,
            reporters=self.reporters,
            threshold=self.threshold,
            operators=self.operators,
            guardians=self.guardians,
            officers=self.officers,
            venue=self.venue.venue() if self.venue else NO_VENUE,
            finality=self.finality_hours,
            contest_deposit=self.contest_deposit_dollars * 10**6,
            governor=self.governor,
            delays=Delays(
                governor=self.delays.governor_hours,
                operator=self.delays.operator_hours,
                guardian=self.delays.guardian_hours,
                officer=self.delays.officer_hours,
                grant=self.delays.grant_hours,
            ),
        )

    def terms(self) -> Terms:
        table = self.transactions
        return Terms(
            caps=Caps(table.max_fee_gwei, table.max_priority_fee_gwei),
            confirmations=table.confirmations,
            replace_after=table.replace_after_seconds,
            patience=table.patience_minutes * 60,
        )

    def rpc_url(self) -> str | None:
        """The node's address, with ${NAME} taken from the environment: it may hold a secret."""

        def fill(match: re.Match[str]) -> str:
            if match[1] not in os.environ:
                raise BadInput(f"rpc names the environment variable {match[1]}, which is not set")
            return os.environ[match[1]]

        return None if self.rpc is None else _VARIABLE.sub(fill, self.rpc)


def read_parameters(path: Path) -> ParameterFile:
    """The file's parameters, or BadInput with the name of what is wrong."""
    try:
        return ParameterFile.model_validate(dict(read_table(path)))
    except ValidationError as error:
        raise BadInput(f"{path}: {sentence(error)}") from error
