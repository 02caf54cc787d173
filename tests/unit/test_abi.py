"""What the chain says is read, whatever it is."""

from __future__ import annotations

import pytest
from eth_abi.exceptions import DecodingError

from tests.support.stage import Stage, Terms
from wellhead.chain.abi import decode, decode_log, functions_of


def test_a_name_that_is_not_utf_8_is_read_all_the_same(stage: Stage) -> None:
    """Names are bytes that an operator chose: they may be no text at all."""
    register = functions_of("CapacityRegistry")["register"]
    calldata = register.encode((Terms().encoded(), "X" * 5, "Y" * 2))
    odd = calldata.replace(b"XXXXX".hex(), b"H\xff100".hex()).replace(b"YY".hex(), b"\xc3(".hex())
    stage.operator.transact(
        stage.anvil.rpc,
        {"from": stage.operator.address, "to": stage.registry.address, "data": odd},
    )
    (event,) = stage.registry.events("ClusterRegistered", stage.deployment.block)
    assert (event["name"], event["symbol"]) == ("H�100", "�(")
    token = stage.token(int(event["clusterId"]))
    assert (token.call("name"), token.call("symbol")) == ("H�100", "�(")


def test_texts_in_lists() -> None:
    head = (32).to_bytes(32, "big") + (1).to_bytes(32, "big") + (32).to_bytes(32, "big")
    text = (2).to_bytes(32, "big") + b"\xfeo".ljust(32, b"\0")
    assert decode(["string[]"], head + text) == (("�o",),)


@pytest.mark.parametrize("kind", ["string", "bytes", "uint256[]", "string[]"])
@pytest.mark.parametrize("length", [33, 2**32, 2**40, 2**63, 2**255])
def test_what_is_longer_than_the_data_is_no_value(kind: str, length: int) -> None:
    for head in ((length,), (32, length)):
        with pytest.raises(DecodingError):
            decode([kind], b"".join(word.to_bytes(32, "big") for word in head))


@pytest.mark.parametrize("topics", [[], ["0x" + "00" * 32], ["0x" + "00" * 32] * 4])
def test_logs_that_nobody_declares(topics: list[str]) -> None:
    assert decode_log({"topics": topics, "data": "0x"}) is None
