"""Which source a configuration makes, and what GPU models are known to do."""

from __future__ import annotations

import csv
from fractions import Fraction
from importlib.resources import files

import pytest
from pydantic import TypeAdapter, ValidationError

from wellhead.oracle.mig import part_of, shares
from wellhead.oracle.sources import SourceConfig, make_source
from wellhead.oracle.specs import peak_gflops

CONFIG: TypeAdapter[SourceConfig] = TypeAdapter(SourceConfig)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "dcgm", "urls": ["http://node:9400/metrics"]},
        {"kind": "prometheus", "url": "https://prometheus.example"},
        {"kind": "nvml"},
        {"kind": "trace"},
    ],
    ids=lambda body: str(body["kind"]),
)
def test_a_configuration_makes_its_source(body: dict[str, object]) -> None:
    assert make_source(CONFIG.validate_python(body)).name == body["kind"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "guess"},
        {"kind": "dcgm"},
        {"kind": "dcgm", "urls": []},
        {"kind": "dcgm", "urls": ["file:///etc/passwd"]},
        {"kind": "nvml", "weight_milli": -1},
        {"kind": "trace", "column": 1},
    ],
    ids=str,
)
def test_a_configuration_that_says_nothing_sensible(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CONFIG.validate_python(body)


@pytest.mark.parametrize(
    ("model", "gflops"),
    [
        ("NVIDIA H100 80GB HBM3", 989_400),
        ("H100-SXM5-80GB", 989_400),
        ("NVIDIA H100 PCIe", 756_000),
        ("NVIDIA H200", 989_500),
        ("NVIDIA L4", 121_000),
        ("L4", 121_000),
        ("NVIDIA L40", 181_000),
        ("NVIDIA A100-SXM4-80GB", 312_000),
        ("NVIDIA A100-PCIE-40GB", 312_000),
        ("Tesla V100-SXM2-16GB", 125_000),
        ("NVIDIA A800-SXM4-80GB", 311_800),
        ("NVIDIA GeForce RTX 4090", 330_000),
        ("AMD Instinct MI300X", 1_307_400),
        ("NVIDIA B200", 2_250_000),
        ("NVIDIA GB200", 2_500_000),
        # A slice's, rounded down.
        ("NVIDIA A100-SXM4-40GB MIG 3g.20gb", 133_714),
        ("NVIDIA H100 80GB HBM3 MIG 7g.80gb", 989_400),
    ],
)
def test_known_models(model: str, gflops: int) -> None:
    assert peak_gflops(model) == gflops


@pytest.mark.parametrize(
    "model",
    [
        "",
        "NVIDIA",
        "H100",
        "NVIDIA H100 NVL",
        "NVIDIA H200 NVL",
        "NVIDIA L40S",
        "NVIDIA A100 80GB PCIe",
        "NVIDIA A10",
        "NVIDIA H100 80GB HBM3 MIG all",
        "NVIDIA H100 80GB HBM3 MIG 8g.80gb",
        "running",
    ],
)
def test_other_models_are_not_guessed(model: str) -> None:
    assert peak_gflops(model) == 0


def test_every_model_of_the_table_is_found_by_its_own_name() -> None:
    text = (files("wellhead.oracle") / "data" / "gpu_specs.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 32
    for row in rows:
        peak = Fraction(row["dense_tensor_fp16_bf16_tflops"]) * 1000
        assert peak_gflops(row["gpu_model"].replace("_", "-")) == peak > 100_000
    attribution = (files("wellhead.oracle") / "data" / "ATTRIBUTION.md").read_text("utf-8")
    assert "CC-BY-4.0" in attribution
    assert f"{len(rows)} models" in attribution


@pytest.mark.parametrize(
    ("profile", "model", "part"),
    [
        ("3g.40gb", "NVIDIA H100 80GB HBM3", Fraction(3, 7)),
        ("1g.6gb", "NVIDIA A30", Fraction(1, 4)),
        ("4g.24gb", "NVIDIA A30", Fraction(1)),
        ("7g.24gb", "NVIDIA A30", None),
        ("1g.10gb+me", "NVIDIA A100-SXM4-80GB", Fraction(1, 7)),
        ("1g.12gb+me.all", "NVIDIA H100 NVL", Fraction(1, 7)),
        ("2c.3g.20gb", "NVIDIA A100-SXM4-40GB", Fraction(2, 7)),
        ("3G.40GB", "NVIDIA H100 80GB HBM3", None),
        ("", "NVIDIA H100 80GB HBM3", None),
    ],
)
def test_profiles_of_slices(profile: str, model: str, part: Fraction | None) -> None:
    assert part_of(profile, model) == part


def test_slices_that_fill_a_gpu_have_all_of_it() -> None:
    for weight in (1000, 125, 1, 0):
        for count in (4, 7):
            assert sum(shares(weight, [Fraction(1, count)] * count)) == weight
