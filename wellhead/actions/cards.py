"""What a cluster's token says of itself: its document, its card, and the figures behind both."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wellhead.chain import Deployment

_JSON = "data:application/json;base64,"


class CardError(Exception):
    """What a token says of itself can not be read. A bug in Wellhead."""


@dataclass(frozen=True)
class Card:
    """`document` is the ERC-7572 JSON as it stands on chain, `svg` the picture in it."""

    cluster: int
    token: str
    document: str
    svg: str
    figures: Mapping[str, int]

    @property
    def contents(self) -> dict[str, Any]:
        """The document, without the picture."""
        body = json.loads(self.document)
        return {name: value for name, value in body.items() if name != "image"}


def card_of(deployment: Deployment, cluster: int) -> Card:
    """As of the latest block; an unknown cluster is refused."""
    block = deployment.rpc.integer("eth_blockNumber")
    address = str(deployment.registry.call("clusterOf", cluster, block=block)["token"])
    uri = str(deployment.token(cluster).call("contractURI", block=block))
    svg, figures = deployment.metadata.call_many(
        [("card", [cluster]), ("figures", [cluster])], block=block
    )
    try:
        document = base64.b64decode(uri.removeprefix(_JSON), validate=True).decode("utf-8")
        contents = json.loads(document)
    except ValueError as error:
        raise CardError(f"the document of token {address} is not JSON in a data URI") from error
    picture = str(contents.get("image", "")).partition(",")[2]
    if base64.b64decode(picture).decode("utf-8") != svg:
        raise CardError(f"the document of token {address} shows another card than the cluster's")
    return Card(cluster, address, document, str(svg), figures)
