"""Who says who may hold tokens in the demonstration: an issuer, whom an officer accredits."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.actions.credentials import Credential, present, sign
from wellhead.actions.people import CLASSES, ISSUER, JURISDICTION, OFFICER, unlocked
from wellhead.chain import Account, Deployment
from wellhead.demo.terms import POLICY

#: What holders are, as credentials say it.
RETAIL, PROFESSIONAL, INSTITUTION = 0, 1, 3
#: Seconds for which a credential holds: two years, longer than any trace.
VALIDITY = 2 * 366 * 86_400


@dataclass(frozen=True)
class Desk:
    """The officer and the issuer."""

    deployment: Deployment
    officer: Account
    issuer: Account

    def admit(self, holder: str, kind: int, sender: Account) -> None:
        """The issuer signs that a holder is of this kind, and `sender` brings that on chain."""
        now = self.deployment.rpc.now()
        credential = Credential(holder, JURISDICTION, kind, issued=now, expires=now + VALIDITY)
        signed = sign(self.deployment, credential, self.issuer)
        present(self.deployment, signed, sender, dry=False)


def open_desk(deployment: Deployment) -> Desk:
    """The officer accredits the issuer, and makes the rule of the clusters' policy."""
    desk = Desk(deployment, unlocked(OFFICER), unlocked(ISSUER))
    compliance = deployment.compliance
    compliance.send("accredit", desk.issuer.address, sender=desk.officer)
    compliance.send("setRule", POLICY, [JURISDICTION], CLASSES, sender=desk.officer)
    return desk
