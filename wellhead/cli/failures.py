"""What went wrong, as a sentence and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from wellhead.actions.errors import BadInput, EvidenceMissing, Refusal, SetupError, Unanswered
from wellhead.chain import NodeUnreachable, Reverted, RpcError
from wellhead.chain.accounts import NotMined
from wellhead.chain.fees import TooDear
from wellhead.chain.keys import KeyProblem
from wellhead.chain.record import DeploymentError
from wellhead.cli import sentences
from wellhead.cli.session import Session
from wellhead.sources import ToolchainError

REFUSED, USAGE, NODE, SETUP, INPUT, WRONG, MISSING = 1, 2, 3, 4, 5, 6, 7
INTERRUPTED, CUT = 130, 141


@contextmanager
def guarded(session: Session) -> Iterator[None]:
    """Turn the errors that a person can cause into a message and an exit."""
    try:
        yield
    except (Reverted, Refusal) as error:
        message = sentences.sentence(error.name, error.arguments)
        _leave(session, REFUSED, message, error.name, error.arguments)
    except click.Abort:
        _leave(session, USAGE, "not confirmed: nothing was sent")
    except NodeUnreachable as error:
        _leave(session, NODE, f"{error}. Is it running? `wellhead up` starts a local chain")
    except RpcError as error:
        _leave(session, NODE, f"the node refused: {error}")
    except (NotMined, TooDear, Unanswered) as error:
        _leave(session, NODE, str(error))
    except (SetupError, DeploymentError, KeyProblem, ToolchainError) as error:
        _leave(session, SETUP, str(error))
    except BadInput as error:
        _leave(session, INPUT, str(error))
    except EvidenceMissing as error:
        _leave(session, MISSING, str(error))
    except BrokenPipeError:
        # Whoever read stdout has enough. What is left in its buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(CUT)
    except OSError as error:
        _leave(session, SETUP, f"{error.filename or 'a file'}: {error.strerror or error}")
    except KeyboardInterrupt as error:
        _leave(session, INTERRUPTED, f"interrupted. {error}" if error.args else "interrupted")


def _leave(
    session: Session,
    code: int,
    message: str,
    name: str | None = None,
    arguments: dict[str, Any] | None = None,
) -> None:
    if session.settings.as_json:
        document = {"exit_code": code, "message": message}
        if name is not None:
            document |= {"error": name, "arguments": arguments or {}}
        session.out.document("error", document)
    session.out.fail(message)
    sys.exit(code)
