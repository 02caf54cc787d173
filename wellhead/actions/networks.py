"""Networks by name: their chain ids, and a node where the user names none."""

from __future__ import annotations

import os
from dataclasses import dataclass

LOCAL = "local"


@dataclass(frozen=True)
class Network:
    """A well-known network. `url` is a public node, for trying things out: a node of one's own, or
    a provider's, is named by --rpc or by the network's variable."""

    name: str
    chain_id: int
    url: str

    @property
    def variable(self) -> str:
        return "WELLHEAD_RPC_" + self.name.upper().replace("-", "_")

    @property
    def address(self) -> str:
        return os.environ.get(self.variable) or self.url


def _public(name: str, chain_id: int, node: str) -> Network:
    return Network(name, chain_id, f"https://{node}.publicnode.com")


KNOWN = {
    network.name: network
    for network in (
        _public("mainnet", 1, "ethereum-rpc"),
        _public("sepolia", 11155111, "ethereum-sepolia-rpc"),
        _public("hoodi", 560048, "ethereum-hoodi-rpc"),
        _public("base", 8453, "base-rpc"),
        _public("base-sepolia", 84532, "base-sepolia-rpc"),
        _public("arbitrum", 42161, "arbitrum-one-rpc"),
        _public("arbitrum-sepolia", 421614, "arbitrum-sepolia-rpc"),
        _public("optimism", 10, "optimism-rpc"),
    )
}
NAMES = (LOCAL, *KNOWN)


def is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def parse(text: str) -> str:
    """A network's name or a node's URL; ValueError if it is neither."""
    text = text.strip()
    if text in NAMES or is_url(text):
        return text
    raise ValueError(f"{text!r} is neither a node's URL nor one of {', '.join(NAMES)}")
