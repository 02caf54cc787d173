"""What holders may not do: send tokens to somebody without a credential, or tokens that are frozen.

Both is tried, with real transactions. A freeze stops tokens and not what they earn.
"""

from __future__ import annotations

from wellhead.chain import Reverted
from wellhead.demo.market import Market, Site
from wellhead.demo.money import bitcoin, dollars
from wellhead.demo.plan import PERIOD, TENANTS
from wellhead.demo.results import BooksError, Step
from wellhead.model.units import MAX_UINT256, UNIT

#: Hours of the 24-day plan at which a transfer is tried, and a freeze begins and ends.
REFUSED, FROZEN, THAWED = 60, 200, 400
SENDER, STRANGER, FROZEN_HOLDER = "Fund", 0, "Family office"
#: What is sent: a thousandth of a token, which everybody has.
SENT = UNIT // 1000


class Holders:
    """What happens to the holders of one cluster during a trace of `hours` hours."""

    def __init__(self, market: Market, site: Site, hours: int) -> None:
        self._market, self._site = market, site
        plan = ((REFUSED, self._refuse), (FROZEN, self._freeze), (THAWED, self._thaw))
        self._plan = [(at * hours // PERIOD, deed) for at, deed in plan]
        self._frozen_at = 0
        self._earned = (0, 0)
        self.steps: list[Step] = []

    def play(self, index: int) -> None:
        """One hour of the trace."""
        for at, deed in self._plan:
            if at == index:
                deed(index)

    def _refuse(self, index: int) -> None:
        self._fails(SENDER, self._market.tenants[STRANGER].address, "ERC7943CannotReceive")
        text = f"{SENDER} sends tokens to {TENANTS[STRANGER]}, who has no credential: refused"
        self.steps.append(Step(index, text))

    def _freeze(self, index: int) -> None:
        self._frozen_at, self._earned = index, self._claimable()
        self._set_frozen(MAX_UINT256)
        friend = self._market.investors[SENDER].address
        self._fails(FROZEN_HOLDER, friend, "ERC7943InsufficientUnfrozenBalance")

    def _thaw(self, index: int) -> None:
        self._set_frozen(0)
        cash, reserve = (
            now - then for now, then in zip(self._claimable(), self._earned, strict=True)
        )
        text = (
            f"{FROZEN_HOLDER}'s tokens, frozen since hour {self._frozen_at:,}, can be sent again; "
            f"they earned {dollars(cash)} and {bitcoin(reserve)} BTC meanwhile"
        )
        self.steps.append(Step(index, text))

    def _set_frozen(self, amount: int) -> None:
        holder = self._market.investors[FROZEN_HOLDER].address
        asked = (self._site.cluster_id, holder, amount)
        compliance, officer = self._market.deployment.compliance, self._market.desk.officer
        compliance.send("setFrozenTokens", *asked, sender=officer)

    def _claimable(self) -> tuple[int, int]:
        holder = self._market.investors[FROZEN_HOLDER].address
        cash, reserve = self._site.token.call("claimable", holder)
        return int(cash), int(reserve)

    def _fails(self, sender: str, to: str, wanted: str) -> None:
        """Try to send tokens, which are refused for this reason."""
        try:
            self._site.token.send("transfer", to, SENT, sender=self._market.investors[sender])
        except Reverted as error:
            if error.name == wanted:
                return
            raise
        raise BooksError(f"{sender}'s transfer went through, not {wanted}")
