"""`wellhead oracle canary`, as reporters call it on a cluster."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.cli import Command
from wellhead.oracle.canary import Answer, Challenger, expected


def test_it_answers_in_one_line_of_json(tmp_path: Path) -> None:
    wellhead = Command(tmp_path)
    asked = ("oracle", "canary", "--kind", "checksum", "--seed", 7)
    result = wellhead(*asked)
    answer = Answer.model_validate_json(result.stdout)
    assert wellhead.json(*asked)["answer"] == answer.answer
    assert result.stdout.count("\n") == 1
    assert (answer.kind, answer.seed, answer.ran_on) == ("checksum", 7, "cpu")
    assert answer.answer == expected("checksum", 7)


def test_without_a_gpu_there_is_no_product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("torch", "cupy"):
        monkeypatch.setitem(sys.modules, name, None)
    said = Command(tmp_path).refused(4, "oracle", "canary", "--kind", "gemm", "--seed", 7)
    assert "needs a GPU" in said


def test_a_challenger_believes_it() -> None:
    command = [sys.executable, "-m", "wellhead", "oracle", "canary"]
    command += ["--kind", "{kind}", "--seed", "{seed}"]
    canary = Challenger(command, "checksum", "node-7", now=lambda: 5, draw=lambda: 11).challenge()
    assert (canary.time_s, canary.device, canary.passed) == (5, "node-7", True)
    assert canary.job == "checksum on cpu"
