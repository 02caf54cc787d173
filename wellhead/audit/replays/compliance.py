"""Who may hold, from the compliance contract's events."""

from __future__ import annotations

from collections.abc import Iterator

from wellhead.audit.replay import Findings, Log, Replay, Slot
from wellhead.audit.words import packed, slot_of

_ACCREDITED, _COUNT, _NUMBERS, _ISSUERS, _HOLDERS, _RULES = 3, 4, 5, 6, 7, 8
_BLOCKED, _SYSTEM = 1 << 112, 1 << 113
_FLAGS = _BLOCKED | _SYSTEM
_TIME = (1 << 40) - 1
#: The least and the most of what a rule is about.
_RULE = {"policy": (0, 2**32 - 1), "jurisdiction": (1, 1023), "classes": (0, 255)}


class ComplianceReplay(Replay):
    """The compliance contract's storage."""

    contract = "Compliance"

    def __init__(self, address: int, findings: Findings) -> None:
        super().__init__(address, findings)
        self.authority = 0
        self.accredited = 0
        #: Who has each number, and since when; numbers begin at 1.
        self.issuers: list[tuple[int, int]] = []
        self.numbers: dict[int, int] = {}
        self.holders: dict[int, int] = {}
        self.rules: dict[int, int] = {}

    def AuthorityUpdated(self, log: Log) -> None:  # noqa: N802
        self.authority = log.args["authority"]

    def IssuerAccredited(self, log: Log) -> None:  # noqa: N802
        issuer = log.args["issuer"]
        self.issuers.append((issuer, log.time))
        number = self.numbers[issuer] = len(self.issuers)
        self.accredited |= 1 << number
        self.expect(log, "number", number)

    def IssuerDismissed(self, log: Log) -> None:  # noqa: N802
        number = self._number(log)
        self.expect(log, "number", number)
        self.accredited &= ~(1 << number)

    def CredentialPresented(self, log: Log) -> None:  # noqa: N802
        args, number = log.args, self._number(log)
        word = self.holders.get(args["holder"], 0)
        since = self.issuers[number - 1][1] if number else 0
        if args["issued"] <= word >> 40 & _TIME or not since <= args["issued"] <= log.time:
            self.differ(log, "issued", args["issued"], "after the last one, and by an issuer then")
        if args["expires"] <= log.time:
            self.differ(log, "expires", args["expires"], f"after {log.time}")
        self.holders[args["holder"]] = word & _FLAGS | packed(
            (args["expires"], 40),
            (args["issued"], 40),
            (args["jurisdiction"], 16),
            (args["class"], 8),
            (number, 8),
        )

    def CredentialRevoked(self, log: Log) -> None:  # noqa: N802
        holder = log.args["holder"]
        word = self.holders.get(holder, 0)
        self.holders[holder] = word >> 80 << 80 | log.time << 40

    def RuleSet(self, log: Log) -> None:  # noqa: N802
        args = log.args
        outside = [name for name, (low, high) in _RULE.items() if not low <= args[name] <= high]
        for name in outside:
            self.differ(log, name, args[name], "from {} to {}".format(*_RULE[name]))
        if outside:
            return
        key = args["policy"] << 5 | args["jurisdiction"] >> 5
        shift = (args["jurisdiction"] & 31) << 3
        self.rules[key] = self.rules.get(key, 0) & ~(0xFF << shift) | args["classes"] << shift

    def BlockedSet(self, log: Log) -> None:  # noqa: N802
        account = log.args["account"]
        word = self.holders.get(account, 0)
        self.holders[account] = word | _BLOCKED if log.args["isBlocked"] else word & ~_BLOCKED

    def SystemHolderAdded(self, log: Log) -> None:  # noqa: N802
        account = log.args["account"]
        self.holders[account] = (self.holders.get(account, 0) | _SYSTEM) & ~_BLOCKED

    def _number(self, log: Log) -> int:
        """An accredited issuer's number; 0, and a finding, where it is none."""
        number = self.numbers.get(log.args["issuer"], 0)
        if number and self.accredited >> number & 1:
            return number
        self.differ(log, "issuer", f"{log.args['issuer']:#042x}", "one that is accredited")
        return 0

    def slots(self) -> Iterator[Slot]:
        if self.authority:
            yield 0, self.authority, ("_authority",)
        if self.accredited:
            yield _ACCREDITED, self.accredited, ("_accredited",)
        if self.issuers:
            yield _COUNT, len(self.issuers), ("_accreditations",)
        for issuer, number in self.numbers.items():
            yield slot_of(_NUMBERS, issuer), number, ("_numberOf", issuer)
        for number, (issuer, since) in enumerate(self.issuers, 1):
            yield slot_of(_ISSUERS, number), issuer | since << 160, ("_issuers", number)
        for account, word in self.holders.items():
            if word:
                yield slot_of(_HOLDERS, account), word, ("_holders", account)
        for key, word in self.rules.items():
            if word:
                name = ("_rules", f"policy {key >> 5}", f"jurisdictions from {(key & 31) << 5}")
                yield slot_of(_RULES, key), word, name
