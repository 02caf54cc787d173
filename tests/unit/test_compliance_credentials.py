"""What issuers say of holders: how it comes on chain, and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.support.raw import attempt, deploy
from tests.support.reverts import expect_revert
from tests.support.shares import ZERO
from tests.support.shows import shows
from tests.support.signatures import ORDER
from tests.support.stage import FOREVER, NORWAY, RETAIL, Stage
from tests.support.standing import SWEDEN, present, signature_of, statement
from tests.support.state import unchanged
from wellhead.chain import KeyAccount, dev_account
from wellhead.chain.signing import Credential, credential_digest

#: Somebody of whom nothing is known yet.
HOLDER = dev_account(30).address
SECOND = dev_account(14)
OTHER_CHAIN = 4711


@pytest.fixture(autouse=True)
def accredited(stage: Stage) -> None:
    """A second issuer."""
    stage.compliance.send("accredit", SECOND.address, sender=stage.officer)


def standing(stage: Stage, holder: str = HOLDER) -> dict[str, Any]:
    found: dict[str, Any] = stage.compliance.call("standingOf", holder)
    return found


def refuse(
    stage: Stage, said: Credential, error: str, *arguments: Any, signature: bytes | None = None
) -> None:
    """The issuer's credential must be refused with exactly this."""
    signed = signature_of(stage, stage.issuer, said) if signature is None else signature
    with unchanged(stage, stage.compliance), expect_revert(error, *arguments):
        attempt(
            stage.compliance, "present", stage.issuer.address, said, signed, sender=stage.stranger
        )


def test_a_credential_comes_on_chain(stage: Stage) -> None:
    said = statement(HOLDER, stage.now(), stage.now() + 1000, jurisdiction=1023, kind=7)
    assert standing(stage) == {
        "jurisdiction": 0,
        "class": 0,
        "issued": 0,
        "expires": 0,
        "issuer": ZERO,
        "isAccredited": False,
        "isBlocked": False,
        "isSystemHolder": False,
    }
    (event,) = present(stage, stage.issuer, said).events
    named = {"jurisdiction": 1023, "class": 7, "issued": said[3], "expires": said[4]}
    told = {"holder": HOLDER, "issuer": stage.issuer.address, **named}
    assert (event.name, event.arguments) == ("CredentialPresented", told)
    assert standing(stage) == {
        **named,
        "issuer": stage.issuer.address,
        "isAccredited": True,
        "isBlocked": False,
        "isSystemHolder": False,
    }


def test_a_newer_word_replaces_an_older_one(stage: Stage) -> None:
    """Whoever says it, and whatever it says: also that it ends sooner."""
    stage.skip(10)
    now = stage.now()
    present(stage, stage.issuer, statement(HOLDER, now - 2))
    present(stage, SECOND, statement(HOLDER, now - 1, now + 500, SWEDEN, 3))
    found = standing(stage)
    assert (found["issuer"], found["jurisdiction"], found["class"]) == (SECOND.address, SWEDEN, 3)
    assert (found["issued"], found["expires"]) == (now - 1, now + 500)


@shows("COMP-12")
@pytest.mark.parametrize("jurisdiction", [0, 1024, 2**16 - 1])
def test_jurisdictions_that_are_none(stage: Stage, jurisdiction: int) -> None:
    said = statement(HOLDER, stage.now(), jurisdiction=jurisdiction)
    refuse(stage, said, "Compliance_InvalidJurisdiction", jurisdiction, 1023)


@shows("COMP-12")
@pytest.mark.parametrize("jurisdiction", [1, 31, 32, 1023])
def test_jurisdictions_at_the_ends(stage: Stage, jurisdiction: int) -> None:
    present(stage, stage.issuer, statement(HOLDER, stage.now(), jurisdiction=jurisdiction))
    assert standing(stage)["jurisdiction"] == jurisdiction


@shows("COMP-12")
@pytest.mark.parametrize("kind", [8, 255])
def test_classes_that_are_none(stage: Stage, kind: int) -> None:
    refuse(stage, statement(HOLDER, stage.now(), kind=kind), "Compliance_InvalidClass", kind, 7)


def test_nobody_holds_nothing(stage: Stage) -> None:
    refuse(stage, statement(ZERO, stage.now()), "Compliance_InvalidAccount", ZERO)


@shows("COMP-3")
@pytest.mark.parametrize("late", [0, 1, 1000])
def test_a_credential_that_has_ended(stage: Stage, late: int) -> None:
    now = stage.now() + 10
    said = statement(HOLDER, stage.now(), now - late)
    stage.anvil.next_block_at(now)
    refuse(stage, said, "Compliance_Expired", now - late, now)


@shows("COMP-3")
def test_a_credential_of_one_second(stage: Stage) -> None:
    """It holds in the block that brings it, and in no later one."""
    now = stage.now() + 10
    stage.anvil.next_block_at(now)
    present(stage, stage.issuer, statement(HOLDER, now, now + 1))
    assert stage.compliance.call("canReceive", 0, HOLDER) is True
    stage.to_time(now + 1)
    assert stage.compliance.call("canReceive", 0, HOLDER) is False


@pytest.mark.parametrize("early", [1, 1000])
def test_a_credential_from_the_future(stage: Stage, early: int) -> None:
    now = stage.now() + 10
    stage.anvil.next_block_at(now)
    refuse(stage, statement(HOLDER, now + early), "Compliance_NotYetIssued", now + early, now)


@shows("COMP-4")
@pytest.mark.parametrize("older", [0, 1, 1000])
def test_a_credential_that_is_not_newer(stage: Stage, older: int) -> None:
    """The very same one, or another: what was said last counts, not what was brought last."""
    now = stage.now()
    present(stage, stage.issuer, statement(HOLDER, now))
    for said in (statement(HOLDER, now - older), statement(HOLDER, now - older, kind=3)):
        refuse(stage, said, "Compliance_Outdated", now - older, now)


def test_a_credential_from_1970(stage: Stage) -> None:
    refuse(stage, statement(HOLDER, 0), "Compliance_Outdated", 0, 0)
    since = stage.accredited_since(stage.issuer.address)
    refuse(stage, statement(HOLDER, 1), "Compliance_BeforeAccreditation", 1, since)


@shows("COMP-4")
@pytest.mark.parametrize("since", [-1, 0, 1])
def test_what_was_said_before_a_revocation(stage: Stage, since: int) -> None:
    """A revocation makes void whatever was issued up to its second."""
    stage.compliance.send("revoke", HOLDER, sender=stage.officer)
    revoked = stage.now()
    stage.skip(10)
    said = statement(HOLDER, revoked + since)
    if since > 0:
        present(stage, stage.issuer, said)
        assert stage.compliance.call("canReceive", 0, HOLDER) is True
    else:
        refuse(stage, said, "Compliance_Outdated", revoked + since, revoked)


@shows("COMP-4")
@pytest.mark.parametrize("field", range(5))
def test_a_signature_is_for_its_contents(stage: Stage, field: int) -> None:
    now = stage.now()
    said = statement(HOLDER, now)
    others = (SECOND.address, SWEDEN, RETAIL + 1, now - 1, FOREVER - 1)
    forged = (*said[:field], others[field], *said[field + 1 :])
    signature = signature_of(stage, stage.issuer, said)
    error = ("Compliance_InvalidSignature", stage.issuer.address)
    refuse(stage, forged, *error, signature=signature)  # type: ignore[arg-type]


def test_nobody_signs_for_an_issuer(stage: Stage) -> None:
    """Neither the holder nor another accredited issuer."""
    said = statement(HOLDER, stage.now())
    for signer in (dev_account(30), SECOND):
        signature = signature_of(stage, signer, said)
        error = ("Compliance_InvalidSignature", stage.issuer.address)
        refuse(stage, said, *error, signature=signature)


@shows("COMP-4")
def test_only_accredited_issuers_count(stage: Stage) -> None:
    said, stranger = statement(HOLDER, stage.now()), dev_account(31)
    for issuer in (stranger.address, ZERO):
        with expect_revert("Compliance_NotAccredited", issuer):
            attempt(
                stage.compliance,
                "present",
                issuer,
                said,
                signature_of(stage, stranger, said),
                sender=stage.stranger,
            )


@shows("COMP-4")
def test_a_signature_for_another_contract(stage: Stage) -> None:
    other = deploy(stage, "Compliance", stage.authority.address, stage.registry.address)
    said = statement(HOLDER, stage.now())
    signature = signature_of(stage, stage.issuer, said, compliance=other.address)
    error = ("Compliance_InvalidSignature", stage.issuer.address)
    refuse(stage, said, *error, signature=signature)


@shows("COMP-4")
def test_a_signature_for_another_chain(stage: Stage) -> None:
    said = statement(HOLDER, stage.now())
    signature = signature_of(stage, stage.issuer, said, chain_id=OTHER_CHAIN)
    error = ("Compliance_InvalidSignature", stage.issuer.address)
    refuse(stage, said, *error, signature=signature)


@pytest.fixture
def other_chain(stage: Stage) -> Iterator[None]:
    """The same contracts on a chain with another id."""
    stage.anvil.rpc("anvil_setChainId", OTHER_CHAIN)
    yield
    stage.anvil.rpc("anvil_setChainId", stage.deployment.chain_id)


@pytest.mark.usefixtures("other_chain")
def test_a_signature_from_before_the_chain_split(stage: Stage) -> None:
    said = statement(HOLDER, stage.now())
    before = signature_of(stage, stage.issuer, said)
    after = signature_of(stage, stage.issuer, said, chain_id=OTHER_CHAIN)
    stage.compliance.call("present", stage.issuer.address, said, after)
    with expect_revert("Compliance_InvalidSignature", stage.issuer.address):
        stage.compliance.call("present", stage.issuer.address, said, before)


def test_signatures_in_other_forms(stage: Stage) -> None:
    """The other half of the curve, the compact form, and what is no signature."""
    said = statement(HOLDER, stage.now())
    good = signature_of(stage, stage.issuer, said)
    r, s, v = good[:32], int.from_bytes(good[32:64], "big"), good[64]
    high = r + (ORDER - s).to_bytes(32, "big") + bytes([55 - v])
    compact = r + (s | (v - 27) << 255).to_bytes(32, "big")
    for bad in (high, compact, good + b"\0", good[:64], bytes(65), b""):
        error = ("Compliance_InvalidSignature", stage.issuer.address)
        refuse(stage, said, *error, signature=bad)


addresses = st.integers(1, 2**160 - 1).map(lambda n: f"0x{n:040x}")


@pytest.mark.property
@given(
    st.lists(
        st.tuples(
            addresses,
            st.integers(0, 2**16 - 1),
            st.integers(0, 255),
            st.integers(0, FOREVER),
            st.integers(0, FOREVER),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_the_digest_is_the_one_computed_here(deployed: Stage, said: list[Credential]) -> None:
    asked = deployed.compliance.call_many([("credentialDigest", (one,)) for one in said])
    chain_id, address = deployed.deployment.chain_id, deployed.compliance.address
    assert asked == [credential_digest(chain_id, address, one) for one in said]


@shows("SIG-14")
def test_the_digest_is_typed_data(stage: Stage) -> None:
    """Another library hashes it to the same, by the domain that the contract describes."""
    fields = [("holder", "address"), ("jurisdiction", "uint16"), ("class", "uint8")]
    fields += [("issued", "uint40"), ("expires", "uint40")]
    said = statement(HOLDER, 123, 456, NORWAY, 3)
    _, name, version, chain_id, contract, _, _ = stage.compliance.call("eip712Domain")
    assert (name, version, contract) == ("Wellhead Compliance", "1", stage.compliance.address)
    message = encode_typed_data(
        domain_data={
            "name": name,
            "version": version,
            "chainId": chain_id,
            "verifyingContract": contract,
        },
        message_types={"Credential": [{"name": n, "type": kind} for n, kind in fields]},
        message_data=dict(zip((n for n, _ in fields), said, strict=True)),
    )
    digest = keccak(b"\x19" + message.version + message.header + message.body)
    assert stage.compliance.call("credentialDigest", said) == digest


def test_anyone_brings_it(stage: Stage) -> None:
    """The holder, the issuer or a stranger."""
    bringer: KeyAccount = dev_account(30)
    said = statement(HOLDER, stage.now())
    signature = signature_of(stage, stage.issuer, said)
    stage.compliance.send("present", stage.issuer.address, said, signature, sender=bringer)
    assert standing(stage)["issuer"] == stage.issuer.address
