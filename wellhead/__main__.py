"""`python -m wellhead`: the command line, without the script that an installation brings."""

from wellhead.cli import cli

if __name__ == "__main__":
    cli(prog_name="wellhead")
