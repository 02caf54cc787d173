"""The relay: gathers what reporters measured and signed, and puts it on chain. Anybody may run
one; it can leave nothing out and change nothing, for the reporters look."""

from wellhead.oracle.relay.options import Options
from wellhead.oracle.relay.outcome import Outcome
from wellhead.oracle.relay.run import Relay, run_forever

__all__ = ["Options", "Outcome", "Relay", "run_forever"]
