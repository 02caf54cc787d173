"""A capacity token from its events: balances, frozen amounts, allowances, and what is owed."""

from __future__ import annotations

from dataclasses import replace

from wellhead.audit.replay import Findings, Log
from wellhead.audit.replays.router import RouterReplay
from wellhead.audit.replays.token_state import CASH_VESTS, RESERVE_VESTS, TokenState
from wellhead.audit.replays.vesting import Ledger

DAY = 24 * 3600
RING = 32
#: Flag of an account of which something is frozen.
FROZEN = 1


class TokenReplay(TokenState):
    """Everything that a token emits. `registration` is the event that says its name; `router`
    tells which revenue it handed over, where there is one."""

    def __init__(
        self,
        address: int,
        findings: Findings,
        registration: Log,
        cash_decimals: int,
        reserve_decimals: int,
        router: RouterReplay | None = None,
    ) -> None:
        super().__init__(address, findings, registration, cash_decimals, reserve_decimals)
        self.router = router
        #: The latest transfer with what the sender held before, and the latest change of what is
        #: frozen with what was before: by these a forced transfer is checked.
        self._moved: tuple[Log, int] | None = None
        self._refrozen: tuple[Log, int] | None = None

    # Events: shares

    def Transfer(self, log: Log) -> None:  # noqa: N802
        args, time = log.args, log.time
        sender, to, amount = args["from"], args["to"], args["value"]
        if not sender:
            self._settle(time)
            if not self.totals.tokens:  # what came until now is the first tokens'
                self.totals.flags |= CASH_VESTS if self.cash.carried else 0
                self.totals.flags |= RESERVE_VESTS if self.reserve.carried else 0
            self._change(to, self.totals, amount)
            self.totals.tokens += amount
            return
        held = self._account(sender).tokens
        if amount > held:
            self.differ(log, "value", amount, f"at most {held}")
        elif not to:
            self._settle(time)
            self._change(sender, self.totals, -amount)
            self.totals.tokens -= amount
        else:
            totals = self._current(time)
            self._change(sender, totals, -amount)
            self._change(to, totals, amount)
            self._moved = log, held

    def Approval(self, log: Log) -> None:  # noqa: N802
        args = log.args
        self.allowances[args["owner"], args["spender"]] = args["value"]

    def NonceUsed(self, log: Log) -> None:  # noqa: N802
        account = log.args["account"]
        nonce = self.nonces.get(account, 0)
        self.expect(log, "nonce", nonce)
        self.nonces[account] = nonce + 1

    def ContractURIUpdated(self, log: Log) -> None:  # noqa: N802
        """Says nothing that is stored."""

    # Events: officers

    def Frozen(self, log: Log) -> None:  # noqa: N802
        account, amount = log.args["account"], log.args["amount"]
        self._refrozen = log, self.frozen.get(account, 0)
        self.frozen[account] = amount
        self._account(account).flags = FROZEN if amount else 0

    def ForcedTransfer(self, log: Log) -> None:  # noqa: N802
        """Comes right behind its transfer, and that behind what it had to unfreeze."""
        moved, refrozen = self._moved, self._refrozen
        if moved is None:
            self.differ(log, "event", log.name, "a transfer before it")
            return
        transfer, held = moved
        sender, amount = transfer.args["from"], transfer.args["value"]
        self.expect(log, "from", sender)
        self.expect(log, "to", transfer.args["to"])
        self.expect(log, "amount", amount)
        frozen = self.frozen.get(sender, 0)
        if amount <= max(0, held - frozen):
            return
        before = frozen
        if refrozen is not None and refrozen[0].args["account"] == sender:
            before = refrozen[1]
        expected = before - (amount - max(0, held - before))
        if frozen != expected:
            self.differ(log, "frozen", frozen, expected)

    # Events: revenue

    def CashAdded(self, log: Log) -> None:  # noqa: N802
        self.totals.cash += self._add(log, self.cash, CASH_VESTS)

    def ReserveAdded(self, log: Log) -> None:  # noqa: N802
        self.totals.reserve += self._add(log, self.reserve, RESERVE_VESTS)

    def ToppedUp(self, log: Log) -> None:  # noqa: N802
        amounts = self._handed(log)
        if amounts is not None:
            self._settle(log.time)
            self.cash.join(amounts["cash"])
            self.reserve.join(amounts["reserve"])

    def Claimed(self, log: Log) -> None:  # noqa: N802
        account, totals = log.args["account"], self._current(log.time)
        cash, reserve = self._owed_at(account, totals)
        paid = cash >> self.cash.shift, reserve >> self.reserve.shift
        self.expect(log, "cash", paid[0])
        self.expect(log, "reserve", paid[1])
        self.owed[account] = (
            cash - (paid[0] << self.cash.shift),
            reserve - (paid[1] << self.reserve.shift),
        )
        holder = self._account(account)
        holder.cash, holder.reserve = totals.cash, totals.reserve
        self.claimed = [self.claimed[0] + paid[0], self.claimed[1] + paid[1]]

    # Within

    def _handed(self, log: Log) -> dict[str, int] | None:
        """The amounts that came with this event; None, and a finding, where the router's next one
        is another."""
        if self.router is None:
            return log.args
        handed = self.router.take(self.address)
        if handed is None or handed.event != log.name:
            self.differ(log, "event", log.name, handed.event if handed else "none")
            return None
        for name, amount in handed.amounts.items():
            self.expect(log, name, amount)
        return handed.amounts

    def _add(self, log: Log, ledger: Ledger, flag: int) -> int:
        """Take in revenue as the router handed it over; returns how much the index grows."""
        amounts = self._handed(log)
        if amounts is None:
            return 0
        amount, backlog = amounts["amount"], amounts["backlog"]
        totals, day = self.totals, log.time // DAY % 2**16
        if totals.day != day:
            self.days[day % RING] = replace(self._current(log.time), day=day)
            totals.day = day
        vests = bool(totals.flags & flag)
        step, vests_on = ledger.add(log.time, amount, backlog, totals.tokens, vests)
        totals.flags = totals.flags & ~flag | (flag if vests_on else 0)
        return step

    def _settle(self, time: int) -> None:
        """Write down what has vested, before the supply changes."""
        totals = self.totals
        if not totals.flags:
            return
        flags = 0
        step, vests = self.cash.add(time, 0, 0, totals.tokens, bool(totals.flags & CASH_VESTS))
        totals.cash += step
        flags |= CASH_VESTS if vests else 0
        step, vests = self.reserve.add(
            time, 0, 0, totals.tokens, bool(totals.flags & RESERVE_VESTS)
        )
        totals.reserve += step
        flags |= RESERVE_VESTS if vests else 0
        totals.flags = flags
