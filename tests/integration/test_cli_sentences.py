"""Sentences of contracts and of ours: the numbers that are in them."""

from __future__ import annotations

import pytest

from tests.support.stage import GENESIS, HOUR
from wellhead.cli.sentences import sentence

NOW = GENESIS // HOUR
WHO = "0x" + "ab" * 20


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        (
            "LeaseMarket_HourOutOfRange",
            (NOW, NOW + 1, NOW + 5),
            "2026-01-01 00:00 UTC is not possible: hours from 2026-01-01 01:00 UTC to 2026-01-01 "
            "05:00 UTC are.",
        ),
        (
            "LeaseMarket_HourOutOfRange",
            (NOW, NOW + 1, NOW + 1),
            "2026-01-01 00:00 UTC is not possible: only 2026-01-01 01:00 UTC is.",
        ),
        (
            "LeaseMarket_HourOutOfRange",
            (NOW, NOW + 1, NOW),
            "Nothing of it can be cut any more: 2026-01-01 00:00 UTC is too late.",
        ),
        (
            "LeaseMarket_Unbonded",
            (7, 4, 10),
            "The operator's bond stands behind 10 units: in the fullest hour 7 are booked, and 4 "
            "more are wanted. The operator can add to it.",
        ),
        (
            "LeaseMarket_InUse",
            (3, WHO, GENESIS),
            f"Lease 3 has a user until 2026-01-01 00:00 UTC, {WHO}: until then nobody else can be "
            "named, and nothing be taken from it.",
        ),
        (
            "LeaseMarket_NotDue",
            (3, 90_000, 3600),
            "The notice for lease 3 is due only in 1 day.",
        ),
        ("LeaseMarket_NotDue", (3, 0, 5), "There is no notice for lease 3: give one first."),
        (
            "LeaseMarket_BondInUse",
            (1, 5_000_000, 4_000_000),
            "Of cluster 1's bond of $5.00, $4.00 must stay for what is booked: at most $1.00 can "
            "be withdrawn.",
        ),
        (
            "LeaseMarket_RefundBelowMin",
            (1_500_000, 2_000_000),
            "Cancelling gives $1.50, less than the limit of $2.00.",
        ),
        (
            "LeaseExchange_InvalidListing",
            (10**6, 2 * 10**6, 0, 1),
            "The price can not rise, from $1.00 to $2.00.",
        ),
        (
            "LeaseExchange_InvalidListing",
            (10**6, 10**6, GENESIS, GENESIS),
            "An offer from 2026-01-01 00:00 UTC can not close at 2026-01-01 00:00 UTC.",
        ),
        (
            "LeaseExchange_InvalidListing",
            (10**6, 10**6, 0, GENESIS),
            "The offer would have closed at 2026-01-01 00:00 UTC, which is over.",
        ),
        (
            "LeaseExchange_InUse",
            (3, GENESIS + HOUR, GENESIS),
            "Lease 3 has a user until 2026-01-01 01:00 UTC, whoever owns it, longer than until "
            "2026-01-01 00:00 UTC.",
        ),
        (
            "LeaseExchange_Changed",
            (3, 8, NOW, bytes(32)),
            "Lease 3 is not what was looked at: it has 8 units now, ends at 2026-01-01 00:00 UTC, "
            f"and is made of the parts with the digest 0x{'00' * 32}.",
        ),
        (
            "Vault_MayNotCharge",
            (WHO, WHO),
            "Only the market, the exchange, the contests and the router charge accounts, each the "
            f"one that called it: {WHO} may not charge {WHO}.",
        ),
        (
            "CapacityRegistry_NotReported",
            (2, NOW),
            "The hour 2026-01-01 00:00 UTC of cluster 2 has no report yet.",
        ),
        (
            "CapacityRegistry_WithinBooked",
            (2, NOW, 260_000, 270_000),
            "There is nothing to raise an alarm about: in the hour 2026-01-01 00:00 UTC of cluster "
            "2, 26 % of the attested units was measured as used, and up to 27 % is in order by "
            "what was booked and the tolerance.",
        ),
        (
            "Contests_NotTenant",
            (3, WHO),
            f"Only the owner of lease 3 can contest its hours, not {WHO}.",
        ),
        (
            "Contests_HourNotLeased",
            (3, NOW, NOW + 1, NOW + 5),
            "Lease 3 is not of the hour 2026-01-01 00:00 UTC: it goes from 2026-01-01 01:00 UTC to "
            "2026-01-01 05:00 UTC.",
        ),
        (
            "Contests_NotContested",
            (2, NOW),
            "The hour 2026-01-01 00:00 UTC of cluster 2 is not contested.",
        ),
        (
            "Contests_NotSilent",
            (2, NOW, 90_000, 3600),
            "The hour 2026-01-01 00:00 UTC of cluster 2 can still be counted again: without a "
            "recount it can be closed as zero in 1 day.",
        ),
        (
            "Contests_InvalidDeposit",
            (10**12 + 1,),
            "A deposit of $1,000,000.000001 is not possible: between $0.000001 and $1,000,000 are.",
        ),
        (
            "MetricsOracle_AlreadyFinal",
            (2, NOW, 3600, 7260),
            "The hour 2026-01-01 00:00 UTC of cluster 2 can not be contested any more: it has "
            "been final for 1 hour 1 minute.",
        ),
        (
            "MetricsOracle_AlreadyFinal",
            (2, NOW, 3600, 3600),
            "The hour 2026-01-01 00:00 UTC of cluster 2 can not be contested any more: it is "
            "final.",
        ),
        (
            "MetricsOracle_TooFewSigners",
            (3, 3),
            "3 reporters can not be fewer: 3 must sign a report. The governor can announce others.",
        ),
        ("MetricsOracle_NoSigner", (WHO,), f"{WHO} is no reporter."),
        (
            "MetricsOracle_TooEarly",
            (GENESIS + 2 * 24 * HOUR, GENESIS + 60),
            "The announced reporters can take their place from 2026-01-03 00:00 UTC on, in 1 day "
            "23 hours.",
        ),
        (
            "MetricsOracle_MalformedSample",
            (5,),
            f"The sample 0x{5:064x} contradicts itself: at most what worked was available, and "
            "utilization is at most 100 %.",
        ),
        ("MetricsOracle_SignatureCount", (1, 2), "Exactly 1 signature is needed, 2 were given."),
        ("MetricsOracle_SignatureCount", (4, 3), "Exactly 4 signatures are needed, 3 were given."),
        (
            "NoHours",
            (2, NOW, NOW + 5),
            "Cluster 2 has no hours there: its record goes from 2026-01-01 00:00 UTC to 2026-01-01 "
            "05:00 UTC, and two years back at most.",
        ),
        (
            "ERC3009UsedAuthorization",
            (WHO, b"\1" * 32),
            f"The authorization 0x{'01' * 32} of {WHO} was used already.",
        ),
        (
            "NotEnoughCash",
            (WHO, 0, 2_000_000, 1_000_000),
            f"{WHO} has $0.00 and a claim of $1.00 in the vault, and $2.00 is needed.",
        ),
        (
            "ERC7943InsufficientUnfrozenBalance",
            (WHO, 3 * 10**18, 10**18 // 2),
            f"Of the tokens of {WHO} only 0.5 are not frozen, and 3 are needed.",
        ),
        (
            "ERC7943CannotTransfer",
            (WHO, WHO, 10**18),
            f"1 tokens can not be moved from {WHO} to {WHO}.",
        ),
        (
            "Compliance_Outdated",
            (GENESIS, GENESIS + HOUR),
            "The credential is of 2026-01-01 00:00 UTC, but the holder has one, or a revocation, "
            "of 2026-01-01 01:00 UTC: a later one is needed.",
        ),
        (
            "Compliance_TooManyIssuers",
            (255,),
            "There were 255 accreditations, as many as there can ever be.",
        ),
        (
            "CapacityToken_InvalidPeriod",
            (1, 31),
            "1 day can not be looked back on: between 1 and 31 can.",
        ),
        (
            "RevenueRouter_StalePrice",
            (GENESIS, GENESIS + 2 * HOUR, HOUR),
            "The feed's last answer is 2 hours old, of 2026-01-01 00:00 UTC, and at most 1 hour "
            "are allowed: nothing is bought before it answers again.",
        ),
        (
            "RevenueRouter_StalePrice",
            (GENESIS + HOUR, GENESIS, HOUR),
            "The feed's answer is from the future, 2026-01-01 01:00 UTC: nothing is bought.",
        ),
        (
            "RevenueRouter_InvalidPrice",
            (-5,),
            "The feed's answer -5 is no price that could be used: nothing is bought.",
        ),
        *(
            (
                "RevenueRouter_PriceOutOfBounds",
                roots,
                "Bitcoin costs 21 % more on the pool than a sweep may pay, by the feed's price, "
                "the slippage and the pool's fee: what waits goes on waiting.",
            )
            for roots in ((11, 10), (10, 11))
        ),
        (
            "RevenueRouter_BadSwap",
            (2_000_000, 10**8, 3 * 10**8),
            "The pool gave 1 BTC for $2.00, and at least 3 BTC was due: nothing is bought.",
        ),
        (
            "RevenueRouter_Overcharged",
            (-1_000_000, 2_000_000),
            "The pool asked for -$1.00, and at most $2.00 was due: nothing is bought.",
        ),
        (
            "RevenueRouter_InvalidVenue",
            ("tip",),
            "Bitcoin can not be bought there: the tip must be at most 1 %.",
        ),
        (
            "NotAllowed",
            (WHO, WHO, 2**255, 10**18),
            f"{WHO} may take any number of tokens of {WHO}, and 1 are needed: the owner has to "
            "approve more.",
        ),
        (
            "Frozen",
            (WHO, 2 * 10**18, 5 * 10**18, 10**18),
            f"Of the 2 tokens of {WHO} 2 are frozen and 0 are not, and 1 are needed.",
        ),
        (
            "NotEnoughBitcoin",
            (WHO, 0, 2 * 10**8, 10**7),
            f"{WHO} has 0 BTC and a claim of 0.1 BTC in the vault, and 2 BTC is needed.",
        ),
        *(
            (
                "TopUpTooLarge",
                (WHO, coin, 2 * 10**6, 10**6, 5 * 10**6),
                f"New units bring their part of what waits and vests, here {needed}, and {WHO} has "
                f"{balance} and a claim of {claim} in the vault: {missing} is missing. Send it as "
                "much, or let it collect what it is owed, `wellhead claim`; what vests becomes "
                "less with time.",
            )
            for coin, needed, balance, claim, missing in (
                ("cash", "$5.00", "$2.00", "$1.00", "$2.00"),
                ("reserve", "0.05 BTC", "0.02 BTC", "0.01 BTC", "0.02 BTC"),
            )
        ),
        (
            "NotAdmitted",
            (WHO, 3, 999, 5),
            f"{WHO} belongs to jurisdiction 999 as class 5, and policy 3 does not admit that.",
        ),
    ],
)
def test_sentences_have_the_numbers(name: str, arguments: tuple[object, ...], said: str) -> None:
    assert sentence(name, {str(n): value for n, value in enumerate(arguments)}) == said
