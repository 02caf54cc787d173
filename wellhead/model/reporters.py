"""Who reports: the signers of the oracle, how they change, and what they are paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from .errors import Revert
from .units import HOUR, ZERO, Address, numeric

if TYPE_CHECKING:
    from .world import World

SIGNER_DELAY = 2 * 24 * HOUR
"""Seconds between announcing reporters and the earliest time at which they can be enacted."""

MAX_SIGNERS = 32


@dataclass(frozen=True)
class Announcement:
    """Reporters to come, from a unix time on."""

    signers: tuple[Address, ...]
    threshold: int
    enactable_at: int


class Reporters:
    """Signers in ascending order. Signatures are abstract: the accounts that they recover to, None
    where there is none."""

    def __init__(
        self, world: World, address: Address, signers: Sequence[Address], threshold: int
    ) -> None:
        self._require_valid(signers, threshold)
        self.world = world
        self.address = address
        self.signers = list(signers)
        self.threshold = threshold
        self.announcement: Announcement | None = None

    def announce_signers(self, caller: Address, signers: Sequence[Address], threshold: int) -> None:
        """Announce reporters, in the place of others that were announced; changes nothing yet."""
        self.world.authority.require("announce_signers", caller)
        self._require_valid(signers, threshold)
        enactable_at = self.world.now + SIGNER_DELAY
        self.announcement = Announcement(tuple(signers), threshold, enactable_at)

    def enact_signers(self, signers: Sequence[Address], threshold: int) -> None:
        """Pay the present reporters, then put exactly those that were announced in their place."""
        announced = self.announcement
        if announced is None or (*announced.signers, announced.threshold) != (*signers, threshold):
            raise Revert("MetricsOracle_NotAnnounced")
        if self.world.now < announced.enactable_at:
            raise Revert("MetricsOracle_TooEarly", announced.enactable_at, self.world.now)
        self._replace_signers(signers, threshold)

    def remove_signer(self, caller: Address, signer: Address) -> None:
        """Pay all present reporters, then remove one at once; voids what was announced.

        Never below the threshold, which stays.
        """
        self.world.authority.require("remove_signer", caller)
        if len(self.signers) <= self.threshold:
            raise Revert("MetricsOracle_TooFewSigners", len(self.signers), self.threshold)
        if signer not in self.signers:
            raise Revert("MetricsOracle_NoSigner", signer)
        self._replace_signers([other for other in self.signers if other != signer], self.threshold)

    def pay_reporters(self) -> int:
        """Credit every reporter an equal part of the oracle's claim, stablecoin units rounded down.

        The rest waits.
        """
        vault, cash = self.world.vault, self.world.cash.address
        each = vault.claim_of(cash, self.address) // len(self.signers)
        if each != 0:
            vault.move_batch(self.address, cash, self.signers, [each] * len(self.signers))
        return each

    def require_quorum(self, signers: Sequence[Address | None]) -> int:
        """Bit i for signer i; reverts unless exactly `threshold` reporters signed in order."""
        return self._require_signatures(self.threshold, signers)

    def require_supermajority(self, signers: Sequence[Address | None]) -> int:
        """The same with all reporters but one, or `threshold` where that is more."""
        return self._require_signatures(max(len(self.signers) - 1, self.threshold), signers)

    def _require_signatures(self, needed: int, signers: Sequence[Address | None]) -> int:
        if len(signers) != needed:
            raise Revert("MetricsOracle_SignatureCount", needed, len(signers))
        bitmap = 0
        last = ZERO
        for index, signer in enumerate(signers):
            if signer is None:
                raise Revert("MetricsOracle_InvalidSignature", index)
            if signer == last:
                raise Revert("MetricsOracle_RepeatedSigner", index, signer)
            if signer not in self.signers:
                raise Revert("MetricsOracle_UnknownSigner", index, signer)
            if numeric(signer) < numeric(last):
                raise Revert("MetricsOracle_SignerOrder", index, signer)
            bitmap |= 1 << self.signers.index(signer)
            last = signer
        return bitmap

    def _replace_signers(self, signers: Sequence[Address], threshold: int) -> None:
        self.announcement = None
        self.pay_reporters()
        self.signers, self.threshold = list(signers), threshold

    @staticmethod
    def _require_valid(signers: Sequence[Address], threshold: int) -> None:
        numbers = [0, *(numeric(signer) for signer in signers)]
        ascending = all(a < b for a, b in pairwise(numbers))
        majority = len(signers) < 2 * threshold <= 2 * len(signers)
        if not (1 <= len(signers) <= MAX_SIGNERS and majority and ascending):
            raise Revert("MetricsOracle_InvalidSigners", len(signers), threshold)
