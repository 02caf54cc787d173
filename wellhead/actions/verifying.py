"""Giving the contracts' source to a block explorer, or to whoever asks, to be compared."""

from __future__ import annotations

import importlib.util
import os
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from wellhead.actions import local
from wellhead.actions.errors import SetupError
from wellhead.chain import compiler
from wellhead.chain.plan import ORDER
from wellhead.chain.record import Record

PLUGIN = "ape_etherscan"
KEY_VARIABLE = "ETHERSCAN_API_KEY"
API = "https://api.etherscan.io/v2/api"
APACHE = 12

_TRIES, _PAUSE = 20, 5.0
_DONE = ("pass - verified", "already verified")


@dataclass(frozen=True)
class Verified:
    """What the explorer said of a contract."""

    name: str
    address: str
    said: str


def require_same_build(record: Record) -> None:
    """Only the source that was deployed can be verified."""
    if record.compiler.get("bytecode_hash") != compiler.bytecode_hash():
        raise SetupError(
            "the contracts here are not those that were deployed: check out the version that "
            "deployed them"
        )


def require_plugin() -> None:
    """Verification online is an extra, since ape can not work offline with it installed."""
    if importlib.util.find_spec(PLUGIN) is None:
        raise SetupError(
            "verification online needs the extra `verify`, which is not installed: ape does not "
            "work offline with it, so give it an environment of its own (UV_PROJECT_ENVIRONMENT="
            ".wellhead/verify .wellhead/uv/bin/uv sync --extra verify, then "
            ".wellhead/verify/bin/wellhead verify). Without it --json-input writes a file that "
            "any explorer's page takes"
        )
    if not os.environ.get(KEY_VARIABLE):
        raise SetupError(f"the explorer asks for a key: set {KEY_VARIABLE}")


def verify(record: Record, node: str) -> list[Verified]:
    """Submit every contract to Etherscan and wait for what it says."""
    require_same_build(record)
    require_plugin()
    with _connected(node):
        return [_verify(record, name) for name in ORDER]


def arguments_of(record: Record) -> dict[str, str]:
    """Each contract's constructor arguments as explorers take them: hexadecimal without 0x."""
    return {name: placed.arguments[2:] for name, placed in record.contracts.items()}


def _verify(record: Record, name: str) -> Verified:
    client = _client(record.chain_id, record.addresses[name])
    asked = compiler.standard_input((name,))
    optimizer = asked["settings"]["optimizer"]
    try:
        ticket = client.verify_source_code(
            asked,
            compiler.version(),
            contract_name=compiler.qualified_name(name),
            optimization_used=optimizer["enabled"],
            optimization_runs=optimizer["runs"],
            constructor_arguments=arguments_of(record)[name],
            evm_version=asked["settings"]["evmVersion"],
            license_type=APACHE,
        )
        said = ""
        for _ in range(_TRIES):
            said = str(client.check_verify_status(ticket))
            if "pending" not in said.lower():
                break
            time.sleep(_PAUSE)
    except Exception as error:  # the plugin and requests have errors of many kinds
        said = str(error)
    if not said.lower().startswith(_DONE) and "already verified" not in said.lower():
        raise SetupError(f"{name} at {record.addresses[name]} is not verified: {said}")
    return Verified(name, record.addresses[name], said)


def _connected(node: str) -> AbstractContextManager[Any]:
    """The plugin looks for its settings by the network that ape is connected to."""
    os.environ.setdefault("APE_DATA_FOLDER", str(local.state_folder() / "ape"))
    import ape
    from ape.logging import logger

    logger.set_level("ERROR")  # what it says below that goes to stdout
    connection: AbstractContextManager[Any] = ape.networks.parse_network_choice(node)
    return connection


def _client(chain_id: int, address: str) -> Any:
    from ape_etherscan.client import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        ClientFactory,
    )
    from ape_etherscan.types import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        EtherscanInstance,
    )

    instance = EtherscanInstance(
        ecosystem_name="ethereum",
        network_name=str(chain_id),
        uri="https://etherscan.io",
        api_uri=f"{API}?chainid={chain_id}",
    )
    return ClientFactory(instance).get_contract_client(address)
