"""How a relay is told to work: by options, and by a TOML file of which deployments/relay.toml is
one. Options go first."""

from __future__ import annotations

from pathlib import Path

import click
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wellhead.actions.errors import BadInput, SetupError
from wellhead.actions.settings import sentence
from wellhead.chain.fees import GWEI, Caps
from wellhead.chain.transactions import Terms
from wellhead.cli.files import read_table
from wellhead.cli.parameters import TransactionTable
from wellhead.oracle.relay.options import LOCAL_TERMS, Options


class RelayFile(BaseModel):
    """The file; a field that is left out has the option's default."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    reporters: list[str] = Field(default_factory=list, max_length=64)
    poll_seconds: int = Field(default=60, ge=1, le=3600)
    clusters: list[int] = Field(default_factory=list)
    lookback_hours: int = Field(default=Options.lookback, ge=1, le=17_519)
    batch_hours: int = Field(default=Options.most, ge=1, le=512)
    low_balance_reports: int = Field(default=Options.low_balance, ge=0, le=10**6)
    close_silent: bool = False
    revenue_hours: int = Field(default=Options.revenue_hours, ge=0, le=720)
    journal: Path | None = Field(default=None, strict=False)
    transactions: TransactionTable | None = None


class Plan:
    """What the options and the file come to."""

    def __init__(
        self,
        *,
        config_file: Path | None = None,
        reporters: tuple[str, ...] = (),
        poll: int | None = None,
        clusters: tuple[int, ...] = (),
        lookback: int | None = None,
        batch: int | None = None,
        low_balance: int | None = None,
        close_silent: bool | None = None,
        revenue_hours: int | None = None,
        max_fee: int | None = None,
        max_priority_fee: int | None = None,
        confirmations: int | None = None,
        journal_file: Path | None = None,
    ) -> None:
        file = read_config(config_file) if config_file else RelayFile()
        self.reporters = list(reporters) or file.reporters
        self.poll = poll or file.poll_seconds
        self.options = Options(
            lookback=lookback or file.lookback_hours,
            most=batch or file.batch_hours,
            low_balance=file.low_balance_reports if low_balance is None else low_balance,
            close_silent=file.close_silent if close_silent is None else close_silent,
            clusters=clusters or tuple(file.clusters),
            revenue_hours=file.revenue_hours if revenue_hours is None else revenue_hours,
        )
        self.journal = journal_file or file.journal
        self._table = file.transactions
        self._fees = (max_fee, max_priority_fee)
        self._confirmations = confirmations
        if not self.reporters:
            raise click.UsageError("give --reporter URL for each reporter, or --config FILE")

    def terms(self, *, is_local: bool) -> Terms:
        """How transactions are sent; SetupError where nobody said what they may cost."""
        table, (max_fee, tip) = self._table, self._fees
        caps = LOCAL_TERMS.caps if is_local else None
        if table is not None:
            caps = Caps(table.max_fee_gwei, table.max_priority_fee_gwei)
        if max_fee is not None:
            caps = Caps(max_fee, min(max_fee, caps.tip if caps else 2 * GWEI))
        if caps is None:
            raise SetupError(
                "this chain is not local: say what a unit of gas may cost, with --max-fee or in "
                "the file's [transactions]"
            )
        if tip is not None:
            if tip > caps.max_fee:
                raise SetupError("--max-priority-fee must be at most --max-fee")
            caps = Caps(caps.max_fee, tip)
        usual = LOCAL_TERMS if is_local else Terms(caps)
        return Terms(
            caps=caps,
            confirmations=self._confirmations
            or (table.confirmations if table else usual.confirmations),
            replace_after=table.replace_after_seconds if table else usual.replace_after,
            patience=table.patience_minutes * 60 if table else usual.patience,
        )


def read_config(path: Path) -> RelayFile:
    """The file's settings, or BadInput that says what is wrong and where. A journal lies beside it
    unless its path is absolute."""
    try:
        found = RelayFile.model_validate(dict(read_table(path)))
    except ValidationError as error:
        raise BadInput(f"{path}: {sentence(error)}") from error
    if found.journal is None:
        return found
    return found.model_copy(update={"journal": path.parent / found.journal})
