"""Who is who on a local chain: the node's accounts, whose keys everybody knows."""

from __future__ import annotations

from wellhead.chain.accounts import KeyAccount, UnlockedAccount, dev_account

GOVERNOR = 0
OPERATOR = 1
GUARDIAN = 2
ANYBODY = 4
TENANT = 5
HOLDER = 9
#: Sees to compliance, and an issuer of credentials that it accredits.
OFFICER = 12
ISSUER = 13
#: Where all of them belong, by ISO 3166-1's number, and as what: Norway, retail. Who belongs there
#: as retail, professional, accredited or institution may receive under policy 0.
JURISDICTION = 578
CLASS = 0
CLASSES = 0b1111

#: Accounts that `up` gives coins and credentials to.
FUNDED = range(20)
#: Accounts that sign attestations and reports, and how many of them must.
REPORTERS = range(20, 25)
THRESHOLD = 3
#: Accounts that a node of ours holds.
ACCOUNTS = 40


def dev_address(index: int) -> str:
    return dev_account(index).address


def unlocked(index: int) -> UnlockedAccount:
    """A dev account, for which the node signs."""
    return UnlockedAccount(dev_address(index))


def reporters() -> list[KeyAccount]:
    """The dev reporters, with their keys."""
    return [dev_account(index) for index in REPORTERS]
