"""Who may issue credentials, who may take them away, and what becomes of them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from tests.support.payment import encoded
from tests.support.raw import attempt, deploy
from tests.support.reverts import expect_revert
from tests.support.shares import ZERO
from tests.support.shows import shows
from tests.support.stage import Stage
from tests.support.standing import SWEDEN, present, signature_of, statement
from tests.support.state import unchanged
from wellhead.chain import Account, Contract, KeyAccount, Reverted, dev_account
from wellhead.chain.signing import Credential, credential_digest

HOLDER = dev_account(30).address
FIRST, SECOND = dev_account(14), dev_account(15)
#: Storage of Compliance: how many accreditations there were.
ACCREDITATIONS = 4


@pytest.fixture
def compliance(stage: Stage) -> Contract:
    """With two issuers; the stage's own has the number 1."""
    for issuer in (FIRST, SECOND):
        stage.compliance.send("accredit", issuer.address, sender=stage.officer)
    return stage.compliance


def may_receive(compliance: Contract, holder: str = HOLDER) -> bool:
    return bool(compliance.call("canReceive", 0, holder))


def refuse(stage: Stage, function: str, *arguments: Any, by: Account, error: Any) -> None:
    name, *values = error if isinstance(error, tuple) else (error,)
    with unchanged(stage, stage.compliance), expect_revert(name, *values):
        attempt(stage.compliance, function, *arguments, sender=by)  # type: ignore[arg-type]


# Accreditation


@shows("COMP-6")
def test_issuers_are_numbered(stage: Stage) -> None:
    asked = [("issuerNumberOf", (who.address,)) for who in (stage.issuer, FIRST, SECOND)]
    assert stage.compliance.call_many(asked) == [1, 0, 0]
    for number, issuer in enumerate((FIRST, SECOND), 2):
        (event,) = stage.compliance.send("accredit", issuer.address, sender=stage.officer).events
        said = {"issuer": issuer.address, "number": number}
        assert (event.name, event.arguments) == ("IssuerAccredited", said)
    assert stage.compliance.call_many(asked) == [1, 2, 3]


@shows("COMP-6")
def test_an_issuer_is_accredited_once(stage: Stage, compliance: Contract) -> None:
    error = ("Compliance_AlreadyAccredited", FIRST.address)
    refuse(stage, "accredit", FIRST.address, by=stage.officer, error=error)


def test_nobody_is_no_issuer(stage: Stage) -> None:
    error = ("Compliance_InvalidAccount", ZERO)
    refuse(stage, "accredit", ZERO, by=stage.officer, error=error)
    assert stage.compliance.call("issuerNumberOf", ZERO) == 0


@shows("COMP-5")
def test_a_dismissal_voids_everything_at_once(stage: Stage, compliance: Contract) -> None:
    other = dev_account(31).address
    present(stage, FIRST, statement(HOLDER, stage.now()))
    present(stage, SECOND, statement(other, stage.now()))
    (event,) = compliance.send("dismiss", FIRST.address, sender=stage.officer).events
    said = {"issuer": FIRST.address, "number": 2}
    assert (event.name, event.arguments) == ("IssuerDismissed", said)
    assert (may_receive(compliance), may_receive(compliance, other)) == (False, True)
    assert compliance.call("canSend", HOLDER) is True
    found = compliance.call("standingOf", HOLDER)
    assert (found["issuer"], found["isAccredited"]) == (FIRST.address, False)
    assert compliance.call("issuerNumberOf", FIRST.address) == 0


@pytest.mark.parametrize("who", [FIRST.address, ZERO, HOLDER])
def test_only_accredited_issuers_are_dismissed(
    stage: Stage, compliance: Contract, who: str
) -> None:
    if who == FIRST.address:
        compliance.send("dismiss", who, sender=stage.officer)
    refuse(stage, "dismiss", who, by=stage.officer, error=("Compliance_NotAccredited", who))


@shows("COMP-5")
def test_a_dismissed_issuer_brings_nothing(stage: Stage, compliance: Contract) -> None:
    compliance.send("dismiss", FIRST.address, sender=stage.officer)
    with expect_revert("Compliance_NotAccredited", FIRST.address):
        present(stage, FIRST, statement(HOLDER, stage.now()))


@shows("COMP-5")
def test_old_credentials_stay_void_after_a_new_accreditation(
    stage: Stage, compliance: Contract
) -> None:
    """The issuer gets a new number; what it said before does not count again, what it says now
    does."""
    said = statement(HOLDER, stage.now())
    present(stage, FIRST, said)
    compliance.send("dismiss", FIRST.address, sender=stage.officer)
    event = compliance.send("accredit", FIRST.address, sender=stage.officer).event(
        "IssuerAccredited"
    )
    assert event["number"] == compliance.call("issuerNumberOf", FIRST.address) == 4
    assert may_receive(compliance) is False
    found = compliance.call("standingOf", HOLDER)
    assert (found["issuer"], found["isAccredited"]) == (FIRST.address, False)
    with expect_revert("Compliance_Outdated", said[3], said[3]):
        present(stage, FIRST, said)
    present(stage, FIRST, statement(HOLDER, stage.now()))
    assert may_receive(compliance) is True


@shows("COMP-5")
def test_what_was_signed_before_a_dismissal_stays_void(stage: Stage, compliance: Contract) -> None:
    """Also what nobody had brought on chain until the new accreditation."""
    said = statement(HOLDER, stage.now())
    stage.skip(10)
    compliance.send("dismiss", FIRST.address, sender=stage.officer)
    stage.skip(10)
    compliance.send("accredit", FIRST.address, sender=stage.officer)
    stage.skip(10)
    with suppress(Reverted):
        present(stage, FIRST, said)
    assert may_receive(compliance) is False


@shows("COMP-6")
def test_there_are_255_accreditations(stage: Stage, compliance: Contract) -> None:
    """Dismissals free no number: one that was used once never comes again."""
    stage.anvil.rpc(
        "anvil_setStorageAt", compliance.address, f"0x{ACCREDITATIONS:064x}", f"0x{254:064x}"
    )
    last, late = dev_account(16), dev_account(17)
    event = compliance.send("accredit", last.address, sender=stage.officer).event(
        "IssuerAccredited"
    )
    assert event["number"] == compliance.call("MAX_ISSUERS") == 255
    present(stage, last, statement(HOLDER, stage.now()))
    found = compliance.call("standingOf", HOLDER)
    assert (found["issuer"], found["isAccredited"]) == (last.address, True)
    assert may_receive(compliance) is True
    compliance.send("dismiss", SECOND.address, sender=stage.officer)
    error = ("Compliance_TooManyIssuers", 255)
    refuse(stage, "accredit", late.address, by=stage.officer, error=error)
    refuse(stage, "accredit", SECOND.address, by=stage.officer, error=error)
    compliance.send("dismiss", last.address, sender=stage.officer)
    assert may_receive(compliance) is False


# Issuers that are contracts


@pytest.fixture
def contract(stage: Stage, compliance: Contract) -> Contract:
    """An accredited issuer that signs by ERC-1271."""
    made = deploy(stage, "TestSigner")
    compliance.send("accredit", made.address, sender=stage.officer)
    return made


def sign(stage: Stage, signer: Contract, said: Credential, signature: bytes) -> None:
    chain_id, address = stage.deployment.chain_id, stage.compliance.address
    digest = credential_digest(chain_id, address, said)
    signer.send("sign", digest, signature, sender=stage.stranger)


@pytest.mark.parametrize("signature", [b"", b"\1", b"\2" * 65, b"\3" * 200])
def test_a_contract_issues(stage: Stage, contract: Contract, signature: bytes) -> None:
    """Its signatures have any form that it accepts, for this credential and for no other."""
    said, other = statement(HOLDER, stage.now()), statement(HOLDER, stage.now(), kind=3)
    sign(stage, contract, said, signature)
    error = ("Compliance_InvalidSignature", contract.address)
    arguments = (contract.address, other, signature)
    refuse(stage, "present", *arguments, by=stage.stranger, error=error)
    arguments = (contract.address, said, signature + b"\0")
    refuse(stage, "present", *arguments, by=stage.stranger, error=error)
    stage.compliance.send("present", contract.address, said, signature, sender=stage.stranger)
    assert stage.compliance.call("standingOf", HOLDER)["issuer"] == contract.address
    assert may_receive(stage.compliance) is True


@pytest.mark.parametrize("answer", ["00000000", "ffffffff", "f7ab6261"])
def test_a_contract_that_answers_otherwise(stage: Stage, contract: Contract, answer: str) -> None:
    said = statement(HOLDER, stage.now())
    sign(stage, contract, said, b"")
    contract.send("setAnswer", bytes.fromhex(answer), sender=stage.stranger)
    error = ("Compliance_InvalidSignature", contract.address)
    arguments = (contract.address, said, b"")
    refuse(stage, "present", *arguments, by=stage.stranger, error=error)


def test_a_contract_that_signs_nothing(stage: Stage, compliance: Contract) -> None:
    """One without ERC-1271 says no, whatever key it once had."""
    compliance.send("accredit", stage.cash.address, sender=stage.officer)
    said = statement(HOLDER, stage.now())
    arguments = (stage.cash.address, said, signature_of(stage, FIRST, said))
    error = ("Compliance_InvalidSignature", stage.cash.address)
    refuse(stage, "present", *arguments, by=stage.stranger, error=error)


def test_a_contract_revokes(stage: Stage, contract: Contract) -> None:
    said = statement(HOLDER, stage.now())
    sign(stage, contract, said, b"")
    stage.compliance.send("present", contract.address, said, b"", sender=stage.stranger)
    call = encoded(stage.compliance, "revoke", HOLDER)
    receipt = contract.send("perform", stage.compliance.address, call, sender=stage.stranger)
    assert receipt.event("CredentialRevoked")["by"] == contract.address
    assert may_receive(stage.compliance) is False


# Revocation


def revoked(stage: Stage, by: Account) -> dict[str, Any]:
    """The event and standing of a revocation that goes through."""
    receipt = stage.compliance.send("revoke", HOLDER, sender=by)
    (event,) = receipt.events
    told = {"holder": HOLDER, "by": by.address}
    assert (event.name, event.arguments) == ("CredentialRevoked", told)
    found: dict[str, Any] = stage.compliance.call("standingOf", HOLDER)
    assert (found["expires"], found["issued"]) == (0, stage.now())
    assert may_receive(stage.compliance) is False
    return found


def test_the_issuer_revokes(stage: Stage, compliance: Contract) -> None:
    """What the credential said stays readable; the holder can still send."""
    present(stage, FIRST, statement(HOLDER, stage.now(), jurisdiction=SWEDEN, kind=2))
    found = revoked(stage, FIRST)
    assert (found["issuer"], found["jurisdiction"], found["class"]) == (FIRST.address, SWEDEN, 2)
    assert compliance.call("canSend", HOLDER) is True


def test_the_compliance_role_revokes(stage: Stage, compliance: Contract) -> None:
    present(stage, FIRST, statement(HOLDER, stage.now()))
    revoked(stage, stage.officer)
    revoked(stage, stage.officer)


@shows("COMP-7")
@pytest.mark.parametrize("who", ["other issuer", "holder", "stranger", "governor"])
def test_nobody_else_revokes_what_is_valid(stage: Stage, compliance: Contract, who: str) -> None:
    present(stage, FIRST, statement(HOLDER, stage.now()))
    callers: dict[str, Account] = {
        "other issuer": SECOND,
        "holder": dev_account(30),
        "stranger": stage.stranger,
        "governor": stage.governor,
    }
    caller = callers[who]
    with expect_revert("AccessManagedUnauthorized", caller.address):
        compliance.send("revoke", HOLDER, sender=caller)
    assert may_receive(compliance) is True


@shows("COMP-7")
@pytest.mark.parametrize("case", ["never", "expired", "revoked", "dismissed"])
def test_any_issuer_revokes_where_none_is_valid(
    stage: Stage, compliance: Contract, case: str
) -> None:
    """So that what was signed for the holder and not brought yet is void."""
    if case != "never":
        present(stage, FIRST, statement(HOLDER, stage.now(), stage.now() + 100))
    if case == "expired":
        stage.skip(100)
    if case == "revoked":
        compliance.send("revoke", HOLDER, sender=stage.officer)
    if case == "dismissed":
        compliance.send("dismiss", FIRST.address, sender=stage.officer)
    pending = statement(HOLDER, stage.now())
    stage.skip(5)
    revoked(stage, SECOND)
    with expect_revert("Compliance_Outdated", pending[3], stage.now()):
        present(stage, SECOND, pending)


@shows("COMP-7")
def test_a_dismissed_issuer_revokes_nothing(stage: Stage, compliance: Contract) -> None:
    """Not even its own, which counts for nothing: each revocation would make void what another
    issuer has just said, and keep the holder out."""
    present(stage, FIRST, statement(HOLDER, stage.now()))
    compliance.send("dismiss", FIRST.address, sender=stage.officer)
    with expect_revert("AccessManagedUnauthorized", FIRST.address):
        compliance.send("revoke", HOLDER, sender=FIRST)
    present(stage, SECOND, statement(HOLDER, stage.now() + 1))
    stage.skip(1)
    with expect_revert("AccessManagedUnauthorized", FIRST.address):
        compliance.send("revoke", HOLDER, sender=FIRST)
    never = dev_account(33).address
    with expect_revert("AccessManagedUnauthorized", FIRST.address):
        compliance.send("revoke", never, sender=FIRST)


def test_a_revoked_holder_can_be_vouched_for_again(stage: Stage, compliance: Contract) -> None:
    issuer: KeyAccount
    for issuer in (FIRST, SECOND):
        present(stage, issuer, statement(HOLDER, stage.now() + 1))
        assert may_receive(compliance) is True
        revoked(stage, issuer)
