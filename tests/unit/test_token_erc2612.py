"""ERC-2612 and ERC-5267 on the capacity token, sentence by sentence; each test says which. Forged
and spent signatures have a module of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.support.reverts import expect_revert
from tests.support.shares import ZERO, Share, key_of, set_up
from tests.support.shows import shows
from tests.support.stage import MAX, UNIT, Stage
from wellhead import toolchain
from wellhead.chain import KeyAccount, Reverted, dev_account
from wellhead.chain.abi import canonical_type
from wellhead.chain.signing import permit_digest

#: The fields of an EIP-712 domain in the order of the standard.
DOMAIN = [
    ("string", "name"),
    ("string", "version"),
    ("uint256", "chainId"),
    ("address", "verifyingContract"),
    ("bytes32", "salt"),
]
OTHER_CHAIN = 4711
words = st.one_of(st.sampled_from([0, 1, MAX - 1, MAX]), st.integers(0, MAX))


@pytest.fixture
def share(stage: Stage) -> Share:
    return set_up(stage)


@pytest.fixture
def owner() -> KeyAccount:
    return dev_account(30)


def signed(
    share: Share,
    owner: KeyAccount,
    spender: str,
    value: int = 5,
    deadline: int = MAX,
    nonce: int = 0,
    chain_id: int | None = None,
    token: str | None = None,
    signer: KeyAccount | None = None,
) -> tuple[int, bytes, bytes]:
    digest = permit_digest(
        share.stage.deployment.chain_id if chain_id is None else chain_id,
        token or share.token.address,
        share.name,
        owner.address,
        spender,
        value,
        nonce,
        deadline,
    )
    return (signer or owner).sign_digest_vrs(digest)


@pytest.fixture
def other_chain(share: Share) -> Iterator[None]:
    """The same contracts on a chain with another id."""
    rpc = share.stage.anvil.rpc
    rpc("anvil_setChainId", OTHER_CHAIN)
    yield
    rpc("anvil_setChainId", share.stage.deployment.chain_id)


def test_the_three_functions_are_there() -> None:
    """Compliant contracts must implement 3 new functions in addition to EIP-20."""
    found = {}
    for entry in toolchain.artifacts()["CapacityToken"]["abi"]:
        if entry["type"] == "function":
            inputs = ",".join(canonical_type(i) for i in entry["inputs"])
            outputs = ",".join(canonical_type(i) for i in entry["outputs"])
            found[f"{entry['name']}({inputs})"] = (outputs, entry["stateMutability"])
    assert found["permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"] == (
        "",
        "nonpayable",
    )
    assert found["nonces(address)"] == ("uint256", "view")
    assert found["DOMAIN_SEPARATOR()"] == ("bytes32", "view")


CONDITIONS = [
    "none",
    "expired",
    "owner",
    "nonce",
    "signer",
    "value",
    "spender",
    "chain",
    "contract",
]


@pytest.fixture(scope="module")
def lasting(deployed: Stage) -> Iterator[Share]:
    """One token for many examples."""
    with deployed.scratch():
        yield set_up(deployed)


@shows("TOK-4")
@pytest.mark.property
@given(st.sampled_from(CONDITIONS), words, st.integers(0, 2**40), st.integers(0, 2**160 - 1))
def test_permit_if_and_only_if(
    lasting: Share, broken: str, value: int, late: int, someone: int
) -> None:
    """For all owners, spenders, values, deadlines and nonces, a call to permit will set allowance
    to value, increment nonces by 1, and emit a corresponding Approval event, if and only if: the
    current blocktime is less than or equal to deadline; owner is not the zero address;
    nonces[owner] is equal to nonce; r, s and v is a valid signature from owner of the message. If
    any of these conditions are not met, the permit call must revert."""
    share, owner, stage = lasting, dev_account(30), lasting.stage
    spender = f"0x{max(someone, 1):040x}"
    with stage.scratch():
        now = stage.now() + 10
        deadline = now + late if broken != "expired" else max(0, now - 1 - late)
        nonce = share.token.call("nonces", owner.address)
        wrong: dict[str, dict[str, Any]] = {
            "owner": {"signer": owner},
            "nonce": {"nonce": nonce + 1},
            "signer": {"signer": dev_account(31)},
            "value": {"value": value ^ 1},
            "spender": {"spender": dev_account(32).address},
            "chain": {"chain_id": OTHER_CHAIN},
            "contract": {"token": share.cash.address},
        }
        contents = {"spender": spender, "value": value, "deadline": deadline, "nonce": nonce}
        signature = signed(share, owner, **{**contents, **wrong.get(broken, {})})
        before = share.token.call("allowance", owner.address, spender)
        who = ZERO if broken == "owner" else owner.address
        arguments = (who, spender, value, deadline, *signature)
        stage.anvil.next_block_at(now)
        try:
            receipt = share.token.send("permit", *arguments, sender=stage.stranger)
        except Reverted:
            assert broken != "none"
            assert share.token.call("allowance", owner.address, spender) == before
            assert share.token.call("nonces", owner.address) == nonce
        else:
            assert broken == "none"
            used, event = receipt.events
            spent = {"account": owner.address, "nonce": nonce}
            assert (used.name, used.arguments) == ("NonceUsed", spent)
            said = {"owner": owner.address, "spender": int(spender, 16), "value": value}
            told = {**event.arguments, "spender": int(event["spender"], 16)}
            assert (event.name, told) == ("Approval", said)
            assert share.token.call("allowance", owner.address, spender) == value
            assert share.token.call("nonces", owner.address) == nonce + 1


@shows("TOK-7")
def test_the_zero_address_permits_nothing(share: Share) -> None:
    """`owner` is not the zero address: a signature that recovers to nobody is nobody's."""
    spender = share.holders[0].address
    for signature in (
        (27, bytes(32), bytes(32)),
        (0, bytes(32), bytes(32)),
        (27, b"\1" * 32, bytes(32)),
    ):
        with share.refused("ECDSAInvalidSignature"):
            arguments = (ZERO, spender, 1, MAX, *signature)
            share.refuse("permit", *arguments, by=share.stage.stranger)


def test_the_message_is_typed_data(share: Share, owner: KeyAccount) -> None:
    """The message is the EIP-712 typed structure; here as another library hashes it."""
    spender = share.holders[0].address
    (_, name, version, chain_id, contract, _, _) = share.token.call("eip712Domain")
    fields = [("owner", "address"), ("spender", "address"), ("value", "uint256")]
    fields += [("nonce", "uint256"), ("deadline", "uint256")]
    message = encode_typed_data(
        domain_data={
            "name": name,
            "version": version,
            "chainId": chain_id,
            "verifyingContract": contract,
        },
        message_types={"Permit": [{"name": n, "type": kind} for n, kind in fields]},
        message_data={
            "owner": owner.address,
            "spender": spender,
            "value": 5,
            "nonce": 0,
            "deadline": MAX,
        },
    )
    digest = keccak(b"\x19" + message.version + message.header + message.body)
    share.token.send(
        "permit",
        owner.address,
        spender,
        5,
        MAX,
        *owner.sign_digest_vrs(digest),
        sender=share.stage.stranger,
    )
    assert share.token.call("allowance", owner.address, spender) == 5


@shows("TOK-6")
def test_nonces_are_each_owners_own(share: Share, owner: KeyAccount) -> None:
    """increment nonces[owner] by 1, and of nobody else."""
    spender = share.holders[0]
    share.token.send(
        "permit",
        owner.address,
        spender.address,
        5,
        MAX,
        *signed(share, owner, spender.address),
        sender=share.stage.stranger,
    )
    people = (owner.address, spender.address, share.stage.stranger.address)
    assert share.token.call_many([("nonces", (who,)) for who in people]) == [1, 0, 0]


@shows("TOK-5")
def test_the_separator_is_unique_to_the_contract(share: Share) -> None:
    """The DOMAIN_SEPARATOR should be unique to the contract: two tokens of one name differ."""
    other = set_up(share.stage)
    assert share.name == other.name
    first, second = (made.token.call("DOMAIN_SEPARATOR") for made in (share, other))
    assert first != second


@shows("TOK-5")
@pytest.mark.usefixtures("other_chain")
def test_the_separator_is_unique_to_the_chain(share: Share, owner: KeyAccount) -> None:
    """The DOMAIN_SEPARATOR should be unique to the chain to prevent replay attacks: where the chain
    splits, what was signed before is good on one side only."""
    spender = share.holders[0].address
    here = signed(share, owner, spender, chain_id=OTHER_CHAIN)
    share.token.call("permit", owner.address, spender, 5, MAX, *here)
    there = signed(share, owner, spender)
    with expect_revert("CapacityToken_InvalidPermit"):
        share.token.call("permit", owner.address, spender, 5, MAX, *there)
    # ERC-5267: the chainId field SHOULD change to mirror the id of the underlying chain.
    assert share.token.call("eip712Domain")[3] == OTHER_CHAIN
    assert_described(share)


@shows("TOK-5")
def test_the_domain_describes_the_separator(share: Share) -> None:
    """ERC-5267: the return values of this function MUST describe the domain separator that is used
    for verification of EIP-712 signatures. All specified values MUST be returned even if they are
    not used."""
    assert_described(share)
    fields, name, version, chain_id, contract, salt, extensions = share.token.call("eip712Domain")
    assert (name, version) == (share.token.call("name"), "1")
    assert (chain_id, contract) == (share.stage.deployment.chain_id, share.token.address)
    # Name, version, chain and contract; no salt.
    assert (fields, salt, extensions) == (b"\x0f", bytes(32), [])


def assert_described(share: Share) -> None:
    """`fields`: a bit map where bit i is set to 1 if and only if domain field i is present, read
    from least significant to most significant, in the order that is specified by EIP-712."""
    fields, *values, extensions = share.token.call("eip712Domain")
    assert extensions == []
    present = [i for i in range(5) if fields[0] >> i & 1]
    assert fields[0] < 1 << 5
    kind = f"EIP712Domain({','.join(' '.join(DOMAIN[i]) for i in present)})"
    hashed = [keccak(text=kind)]
    types = ["bytes32"]
    for i in present:
        is_text = DOMAIN[i][0] == "string"
        types.append("bytes32" if is_text else DOMAIN[i][0])
        hashed.append(keccak(text=values[i]) if is_text else values[i])
    assert share.token.call("DOMAIN_SEPARATOR") == keccak(encode(types, hashed))


def test_a_permit_is_no_word_on_compliance(share: Share) -> None:
    """An approval moves nothing: one who is blocked, or has no credential, can sign one, and the
    transfer asks again."""
    blocked, spender, to = share.holders[:3]
    share.mint(blocked, UNIT)
    share.block(blocked)
    signature = signed(share, key_of(blocked), spender.address)
    arguments = (blocked.address, spender.address, 5, MAX, *signature)
    share.token.send("permit", *arguments, sender=share.stage.stranger)
    assert share.token.call("allowance", blocked.address, spender.address) == 5
    with share.refused("ERC7943CannotSend", blocked.address):
        share.refuse("transferFrom", blocked.address, to.address, 5, by=spender)
    share.block(blocked, False)
    share.token.send("transferFrom", blocked.address, to.address, 5, sender=spender)
    assert share.balance(to) == 5
