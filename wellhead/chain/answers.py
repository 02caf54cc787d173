"""Nodes' answers, looked at before anybody takes them for granted: a gateway in front of a node, or
a node that is broken or lies, may put anything in an answer's place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

#: Digits of a quantity of 32 bytes, with its 0x.
_MOST_DIGITS = 66
#: Seconds of unix time up to the year 10,000, which no calendar has.
_END_OF_TIME = 253_402_300_800
_TAGS = ("latest", "pending", "earliest")


def is_readable(method: str, params: Sequence[Any], result: Any) -> bool:
    """Whether a result has the shape that everybody expects of this method's. Of a method that is
    not known here it is not known either."""
    check = _CHECKS.get(method)
    if check is None:
        return True
    if result is None:
        return method in _MAY_BE_NOTHING and not (params and params[0] in _TAGS)
    return check(result)


def is_bytes(value: Any) -> TypeGuard[str]:
    """Whole bytes, in hexadecimal digits."""
    if not isinstance(value, str) or value[:2] != "0x":
        return False
    try:
        bytes.fromhex(value[2:])
    except ValueError:
        return False
    return True


def is_quantity(value: Any) -> bool:
    """A number of up to 32 bytes, in hexadecimal digits."""
    if not isinstance(value, str) or value[:2] != "0x" or len(value) > _MOST_DIGITS:
        return False
    try:
        int(value, 16)
    except ValueError:
        return False
    return True


def is_receipt(value: Any) -> bool:
    """A mined transaction's."""
    return (
        isinstance(value, dict)
        and _is_word(value.get("transactionHash"))
        and all(is_quantity(value.get(name)) for name in ("blockNumber", "gasUsed", "status"))
        and is_quantity(value.get("effectiveGasPrice", "0x0"))
        and (value.get("contractAddress") is None or _is_address(value["contractAddress"]))
        and _are_logs(value.get("logs"))
    )


def _is_log(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _is_address(value.get("address"))
        and isinstance(value.get("topics"), list)
        and all(_is_word(topic) for topic in value["topics"])
        and is_bytes(value.get("data"))
        and is_quantity(value.get("blockNumber"))
        and is_quantity(value.get("logIndex"))
    )


def _are_logs(value: Any) -> bool:
    return isinstance(value, list) and all(_is_log(log) for log in value)


def _is_block(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and is_quantity(value.get("number"))
        and is_quantity(value.get("timestamp"))
        and int(value["timestamp"], 16) < _END_OF_TIME
        and is_quantity(value.get("baseFeePerGas", "0x0"))
        and isinstance(value.get("transactions", []), list)
    )


def _is_address(value: Any) -> bool:
    return is_bytes(value) and len(value) == 42


def _is_word(value: Any) -> bool:
    return is_bytes(value) and len(value) == 66


def _are_addresses(value: Any) -> bool:
    return isinstance(value, list) and all(_is_address(one) for one in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "eth_accounts": _are_addresses,
    "eth_blockNumber": is_quantity,
    "eth_call": is_bytes,
    "eth_chainId": is_quantity,
    "eth_estimateGas": is_quantity,
    "eth_getBalance": is_quantity,
    "eth_getBlockByNumber": _is_block,
    "eth_getCode": is_bytes,
    "eth_getLogs": _are_logs,
    "eth_getTransactionByHash": _is_object,
    "eth_getTransactionCount": is_quantity,
    "eth_getTransactionReceipt": is_receipt,
    "eth_maxPriorityFeePerGas": is_quantity,
    "web3_clientVersion": _is_text,
}
#: Where there may be nothing to tell: of a block by its number, and of a transaction.
_MAY_BE_NOTHING = ("eth_getBlockByNumber", "eth_getTransactionByHash", "eth_getTransactionReceipt")
