"""Documents of deploying, and of verifying what was deployed."""

from __future__ import annotations

from wellhead.cli.documents.chain import Venue
from wellhead.cli.documents.parts import Address, Document, Integer, Part, Sent


class Delays(Part):
    """Seconds between announcing an act and doing it."""

    governor: Integer
    operator: Integer
    guardian: Integer
    officer: Integer
    grant: Integer


class Parameters(Part):
    """What a deployment is made with; finality is in seconds, the deposit in stablecoin units. The
    venue's pool is zero where bitcoin is bought nowhere."""

    cash: Address
    reserve: Address
    reporters: list[Address]
    threshold: Integer
    operators: list[Address]
    guardians: list[Address]
    officers: list[Address]
    venue: Venue
    finality: Integer
    contest_deposit: Integer
    governor: Address
    delays: Delays


class Role(Part):
    """Whether an account holds a role, read back from the chain; delay is in seconds."""

    role: str
    account: Address
    holds: bool
    delay: Integer


class Deploy(Sent):
    """Deployer, parameters and roles are there when a parameter file was deployed; block and
    addresses, when it was not a dry run."""

    chain_id: Integer
    governor: Address
    deployer: Address | None = None
    block: Integer | None = None
    deployment: str | None = None
    addresses: dict[str, Address] | None = None
    parameters: Parameters | None = None
    roles: list[Role] | None = None


class Contract(Part):
    """A contract, and what the explorer said of it or asks for: constructor arguments in
    hexadecimal."""

    name: str
    address: Address
    said: str | None = None
    arguments: str | None = None


class Verify(Document):
    """File and compiler are there when the compiler's input was written."""

    contracts: list[Contract]
    file: str | None = None
    compiler: str | None = None
