"""`wellhead completion`: completion for a shell."""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

VARIABLE = "_WELLHEAD_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands.

    \b
    bash   wellhead completion bash > ~/.local/share/bash-completion/completions/wellhead
    zsh    wellhead completion zsh > a folder of your $fpath, as _wellhead
    fish   wellhead completion fish > ~/.config/fish/completions/wellhead.fish

    Or for one session of bash or zsh: eval "$(wellhead completion bash)".
    """
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101
    script = found(ctx.find_root().command, {}, "wellhead", VARIABLE)
    # click's own source() starts bash to ask for its version.
    sys.stdout.write(script.source_template % script.source_vars())
