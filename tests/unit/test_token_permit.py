"""ERC-2612 on the capacity token: an allowance by signature, good once and for a time."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.bench import NAME, Bench, set_up
from tests.support.raw import attempt
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.signatures import ORDER, compact, recovered
from tests.support.stage import MAX, Stage
from tests.support.state import unchanged
from wellhead.chain import KeyAccount, Receipt, dev_account
from wellhead.chain.signing import permit_digest

ZERO = "0x" + "00" * 20
Signature = tuple[int, bytes, bytes]


@pytest.fixture
def bench(stage: Stage) -> Bench:
    return set_up(stage)


@pytest.fixture
def owner() -> KeyAccount:
    return dev_account(30)


def digest(
    bench: Bench, owner: KeyAccount, value: int, deadline: int, nonce: int = 0, spender: str = ""
) -> bytes:
    return permit_digest(
        bench.stage.deployment.chain_id,
        bench.token.address,
        NAME,
        owner.address,
        spender or bench.holders[0].address,
        value,
        nonce,
        deadline,
    )


def contents(bench: Bench, owner: KeyAccount, value: int, deadline: int) -> tuple[object, ...]:
    return owner.address, bench.holders[0].address, value, deadline


def permit(
    bench: Bench, owner: KeyAccount, value: int, deadline: int, signature: Signature
) -> Receipt:
    arguments = contents(bench, owner, value, deadline)
    return bench.token.send("permit", *arguments, *signature, sender=bench.stage.stranger)


def refuse(
    bench: Bench, owner: KeyAccount, value: int, deadline: int, signature: Signature
) -> None:
    arguments = contents(bench, owner, value, deadline)
    with unchanged(bench.stage, bench.token):
        attempt(bench.token, "permit", *arguments, *signature, sender=bench.stage.stranger)


def allowance(bench: Bench, owner: KeyAccount) -> int:
    return int(bench.token.call("allowance", owner.address, bench.holders[0].address))


def test_anyone_may_bring_the_owners_signature(bench: Bench, owner: KeyAccount) -> None:
    for nonce, value in enumerate((5, 3, MAX)):
        assert bench.token.call("nonces", owner.address) == nonce
        signature = owner.sign_digest_vrs(digest(bench, owner, value, MAX, nonce))
        receipt = permit(bench, owner, value, MAX, signature)
        assert receipt.event("Approval").arguments == {
            "owner": owner.address,
            "spender": bench.holders[0].address,
            "value": value,
        }
        assert allowance(bench, owner) == value


def test_a_permit_is_good_in_the_block_of_its_deadline(bench: Bench, owner: KeyAccount) -> None:
    deadline = bench.stage.now() + 100
    signature = owner.sign_digest_vrs(digest(bench, owner, 5, deadline))
    bench.stage.anvil.next_block_at(deadline)
    permit(bench, owner, 5, deadline, signature)
    assert allowance(bench, owner) == 5


@shows("TOK-4")
def test_a_permit_is_no_good_a_second_after_its_deadline(bench: Bench, owner: KeyAccount) -> None:
    deadline = bench.stage.now() + 100
    signature = owner.sign_digest_vrs(digest(bench, owner, 5, deadline))
    bench.stage.anvil.next_block_at(deadline + 1)
    with expect_revert("CapacityToken_PermitExpired", deadline):
        refuse(bench, owner, 5, deadline, signature)


@shows("TOK-4")
def test_a_permit_is_good_once(bench: Bench, owner: KeyAccount) -> None:
    signature = owner.sign_digest_vrs(digest(bench, owner, 5, MAX))
    permit(bench, owner, 5, MAX, signature)
    v, r, s = signature
    packed = compact(int.from_bytes(r, "big"), int.from_bytes(s, "big"), v - 27)
    stray = recovered(digest(bench, owner, 5, MAX, nonce=1), packed)
    with expect_revert("CapacityToken_InvalidPermit", stray, owner.address):
        refuse(bench, owner, 5, MAX, signature)


def test_nobody_else_signs_for_the_owner(bench: Bench, owner: KeyAccount) -> None:
    thief = dev_account(31)
    signature = thief.sign_digest_vrs(digest(bench, owner, 5, MAX))
    with expect_revert("CapacityToken_InvalidPermit", thief.address, owner.address):
        refuse(bench, owner, 5, MAX, signature)


@shows("TOK-4")
@pytest.mark.parametrize("field", ["value", "deadline", "spender", "nonce"])
def test_a_permit_is_for_its_contents_only(bench: Bench, owner: KeyAccount, field: str) -> None:
    signed: dict[str, object] = {"value": 5, "deadline": MAX, "nonce": 0, "spender": ""}
    other = {"value": 6, "deadline": MAX - 1, "nonce": 1, "spender": bench.holders[1].address}
    signed[field] = other[field]
    v, r, s = owner.sign_digest_vrs(digest(bench, owner, **signed))  # type: ignore[arg-type]
    packed = compact(int.from_bytes(r, "big"), int.from_bytes(s, "big"), v - 27)
    stray = recovered(digest(bench, owner, 5, MAX), packed)
    with expect_revert("CapacityToken_InvalidPermit", stray, owner.address):
        refuse(bench, owner, 5, MAX, (v, r, s))


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_a_signature_needs_a_known_recovery_id(bench: Bench, owner: KeyAccount, v: int) -> None:
    _, r, s = owner.sign_digest_vrs(digest(bench, owner, 5, MAX))
    with expect_revert("ECDSAInvalidSignature"):
        refuse(bench, owner, 5, MAX, (v, r, s))


@shows("TOK-4")
def test_an_empty_signature_is_nobodys(bench: Bench, owner: KeyAccount) -> None:
    with expect_revert("ECDSAInvalidSignature"):
        refuse(bench, owner, 5, MAX, (27, bytes(32), bytes(32)))


@shows("TOK-4")
def test_the_other_half_of_the_curve_is_refused(bench: Bench, owner: KeyAccount) -> None:
    v, r, s = owner.sign_digest_vrs(digest(bench, owner, 5, MAX))
    high = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    with expect_revert("ECDSAInvalidSignatureS", high):
        refuse(bench, owner, 5, MAX, (55 - v, r, high))


def test_a_permit_for_nobody_is_refused(bench: Bench, owner: KeyAccount) -> None:
    signature = owner.sign_digest_vrs(digest(bench, owner, 5, MAX, spender=ZERO))
    with unchanged(bench.stage, bench.token), expect_revert("ERC20InvalidSpender", ZERO):
        attempt(
            bench.token,
            "permit",
            owner.address,
            ZERO,
            5,
            MAX,
            *signature,
            sender=bench.stage.stranger,
        )


@shows("TOK-5")
def test_the_domain_is_the_tokens_own(bench: Bench) -> None:
    chain_id = bench.stage.deployment.chain_id
    assert bench.token.call("eip712Domain") == (
        b"\x0f",
        NAME,
        "1",
        chain_id,
        bench.token.address,
        bytes(32),
        [],
    )
    kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    domain = encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        [keccak(text=kind), keccak(text=NAME), keccak(text="1"), chain_id, bench.token.address],
    )
    assert bench.token.call("DOMAIN_SEPARATOR") == keccak(domain)
