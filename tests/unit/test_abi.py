"""What the chain says is read, whatever it is."""

from __future__ import annotations

from tests.support.stage import Stage, Terms
from wellhead.chain.abi import decode, functions_of


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
