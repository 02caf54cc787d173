"""What GPU models can do at most: peak dense FP16 or BF16 tensor throughput, from data sheets.

The table is `data/gpu_specs.csv`, with its sources in `data/ATTRIBUTION.md`. A model that is not
in it has no peak: its work is not measured, and never guessed from a similar one.
"""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files

from wellhead.oracle.mig import part_of

#: What drivers call models whose names do not say which of the table's they are.
_ALSO = {
    "H100_80GB_HBM3": "H100_SXM_80GB",
    "H100_PCIE": "H100_PCIE_80GB",
    "H200": "H200_SXM_141GB",
    "H800": "H800_SXM_80GB",
    "GH200_480GB": "GH200",
    "GB200": "GB200_PER_GPU",
    "GB300": "GB300_PER_GPU",
    "B300_SXM_AC": "B300",
}
_MAKERS = {"NVIDIA", "AMD", "TESLA", "GEFORCE", "INSTINCT"}
_MIG = re.compile(r" MIG (\S+)$")


@lru_cache(maxsize=1024)
def peak_gflops(model: str) -> int:
    """The peak of a model in GFLOP/s, 0 where it is not known.

    `model` is what a driver calls it ("NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-40GB MIG 3g.20gb"
    for a slice), or a cluster's SKU ("H100-SXM5-80GB"). A slice has its part, rounded down.
    """
    slice_of = _MIG.search(model)
    whole = _MIG.sub("", model)
    name = _normal(whole)
    peak = _peaks().get(_ALSO.get(name, name), 0)
    if not slice_of:
        return peak
    part = part_of(slice_of[1], whole)
    return peak * part.numerator // part.denominator if part else 0


def _normal(model: str) -> str:
    """Upper case, words joined by underscores, without the maker; SXM4 and SXM5 are SXM."""
    words = re.findall(r"[A-Z0-9]+", model.upper())
    kept = ("SXM" if re.fullmatch(r"SXM\d", word) else word for word in words)
    return "_".join(word for word in kept if word not in _MAKERS)


@lru_cache(maxsize=1)
def _peaks() -> dict[str, int]:
    text = (files("wellhead.oracle") / "data" / "gpu_specs.csv").read_text("utf-8")
    return {
        row["gpu_model"]: int(Decimal(row["dense_tensor_fp16_bf16_tflops"]) * 1000)
        for row in csv.DictReader(text.splitlines())
    }
