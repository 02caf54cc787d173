"""How a contract says no."""

from __future__ import annotations


class Revert(Exception):  # noqa: N818
    """A call that a contract would revert; nothing has changed.

    `name` is the name of the contract's custom error and `args_` are its arguments, in order.
    """

    def __init__(self, name: str, *args: int | str | bytes) -> None:
        super().__init__(name, *args)
        self.name = name
        self.args_: tuple[int | str | bytes, ...] = args

    def __str__(self) -> str:
        return f"{self.name}({', '.join(str(argument) for argument in self.args_)})"
