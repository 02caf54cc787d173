"""The relay as a Silverback bot, a round every minute; `deployments/relay.toml` says with what.

    pip install "wellhead[bot]"
    WELLHEAD_RELAY=relay.toml silverback run relay --network ethereum:sepolia:node --account ALIAS

Nothing else must send from the account: the bot has its journal and its nonces.
"""

import os
from pathlib import Path
from typing import Any

from ape import networks
from silverback import SilverbackBot

from scripts._common import with_ape
from wellhead.cli.relay import opened
from wellhead.cli.session import Session, Settings

bot = SilverbackBot(signer_required=True)
session = Session(with_ape(Settings(yes=True), networks.provider, bot.signer))
round_ = opened(session, Path(os.environ["WELLHEAD_RELAY"]))


def relay(time: Any) -> dict[str, int]:
    """One round; what is returned becomes the bot's metrics."""
    outcome = round_()
    return {"recorded": outcome.recorded, "left": len(outcome.left)}


bot.cron("* * * * *")(relay)
