"""What the terms of bit-vector queries mean, computed in Python's own integers."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

#: Of a term, in each of some worlds, which give the variables values; a Bool is 0 or 1.
Values = tuple[int, ...]
#: Of two numbers below 2^width, and the width.
Operator = Callable[[int, int, int], int]


@dataclass(frozen=True)
class Term:
    """A term of `width` bits, or a Bool if that is 0."""

    text: str
    width: int
    values: Values


def signed(value: int, width: int) -> int:
    return value - (1 << width) if value >> (width - 1) else value


def _quotient(a: int, b: int, width: int) -> int:
    return a // b if b else (1 << width) - 1


def _rest(a: int, b: int, width: int) -> int:
    return a % b if b else a


def _signed_quotient(a: int, b: int, width: int) -> int:
    a, b = signed(a, width), signed(b, width)
    quotient = _quotient(abs(a), abs(b), width)
    return quotient if (a < 0) == (b < 0) else -quotient


def _signed_rest(a: int, b: int, width: int) -> int:
    a, b = signed(a, width), signed(b, width)
    rest = _rest(abs(a), abs(b), width)
    return -rest if a < 0 else rest


#: What SMT-LIB says of them; results are taken modulo 2^width.
OPERATORS: dict[str, Operator] = {
    "bvadd": lambda a, b, w: a + b,
    "bvsub": lambda a, b, w: a - b,
    "bvmul": lambda a, b, w: a * b,
    "bvudiv": _quotient,
    "bvurem": _rest,
    "bvsdiv": _signed_quotient,
    "bvsrem": _signed_rest,
    "bvand": lambda a, b, w: a & b,
    "bvor": lambda a, b, w: a | b,
    "bvxor": lambda a, b, w: a ^ b,
    "bvshl": lambda a, b, w: a << min(b, w),
    "bvlshr": lambda a, b, w: a >> min(b, w),
    "bvashr": lambda a, b, w: signed(a, w) >> min(b, w),
}
#: What Halmos leaves open at first means what the EVM does: x / 0 = x % 0 = 0.
OPEN: dict[str, Operator] = {
    "f_evm_bvmul": lambda a, b, w: a * b,
    "f_evm_bvudiv": lambda a, b, w: a // b if b else 0,
    "f_evm_bvurem": lambda a, b, w: a % b if b else 0,
}
COMPARISONS: dict[str, Operator] = {
    "=": lambda a, b, w: a == b,
    "distinct": lambda a, b, w: a != b,
    "bvult": lambda a, b, w: a < b,
    "bvule": lambda a, b, w: a <= b,
    "bvugt": lambda a, b, w: a > b,
    "bvuge": lambda a, b, w: a >= b,
    "bvslt": lambda a, b, w: signed(a, w) < signed(b, w),
    "bvsle": lambda a, b, w: signed(a, w) <= signed(b, w),
    "bvsgt": lambda a, b, w: signed(a, w) > signed(b, w),
    "bvsge": lambda a, b, w: signed(a, w) >= signed(b, w),
}
CONNECTIVES: dict[str, Callable[[int, int], int]] = {
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "=": lambda a, b: int(a == b),
    "distinct": operator.xor,
    "=>": lambda a, b: (1 - a) | b,
}


def constant(value: int, width: int, worlds: int = 1) -> Term:
    return Term(f"(_ bv{value} {width})", width, (value,) * worlds)


def applied(name: str, a: Term, b: Term) -> Term:
    """An operator or a comparison of two terms of one width."""
    meaning = {**OPERATORS, **OPEN, **COMPARISONS}[name]
    mask, symbol = (1 << a.width) - 1, f"{name}_{a.width}" if name in OPEN else name
    values = tuple(
        int(meaning(x, y, a.width)) & mask for x, y in zip(a.values, b.values, strict=True)
    )
    return Term(f"({symbol} {a.text} {b.text})", 0 if name in COMPARISONS else a.width, values)


def denied(a: Term) -> Term:
    return Term(f"(not {a.text})", 0, tuple(1 - v for v in a.values))
