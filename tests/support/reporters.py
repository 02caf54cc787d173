"""Changing the oracle's reporters, and giving it something to pay them."""

from __future__ import annotations

from collections.abc import Sequence

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from tests.support.stage import HOUR, Stage
from wellhead.chain import KeyAccount, Receipt, dev_account

SIGNER_DELAY = 48 * HOUR


def made_up(count: int, first: int = 1) -> list[str]:
    """Ascending addresses of nobody."""
    return [to_checksum_address(f"0x{number:040x}") for number in range(first, first + count)]


def team(count: int) -> list[KeyAccount]:
    """Reporters with keys, in the order of their addresses."""
    return sorted(map(dev_account, range(count)), key=lambda account: int(account.address, 16))


def announce(stage: Stage, signers: Sequence[str], threshold: int) -> Receipt:
    return stage.oracle.send("announceSigners", signers, threshold, sender=stage.governor)


def enact(stage: Stage, signers: Sequence[str], threshold: int) -> Receipt:
    """By nobody in particular."""
    return stage.oracle.send("enactSigners", signers, threshold, sender=stage.stranger)


def change(stage: Stage, signers: Sequence[str], threshold: int) -> Receipt:
    """Announce, wait, enact."""
    announce(stage, signers, threshold)
    stage.skip(SIGNER_DELAY)
    return enact(stage, signers, threshold)


def remove(stage: Stage, signer: str) -> Receipt:
    return stage.oracle.send("removeSigner", signer, sender=stage.guardian)


def announced(signers: Sequence[str], threshold: int) -> bytes:
    """The hash of an announcement."""
    return keccak(encode(["address[]", "uint256"], [signers, threshold]))


def pay_in(stage: Stage, amount: int) -> None:
    """Give the oracle a claim, as the router does with the reporters' share."""
    payer = stage.tenants[0]
    stage.vault.send("deposit", stage.cash.address, stage.oracle.address, amount, sender=payer)


def claims(stage: Stage) -> list[int]:
    """What the stage's reporters were paid and did not withdraw."""
    return [stage.claim_of(reporter) for reporter in stage.reporters]
