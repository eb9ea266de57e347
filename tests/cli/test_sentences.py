"""What is called otherwise now is told in one sentence."""

import pytest

from fade.config import compose_study, sentences
from fade.study.config import ConfigurationError


@pytest.fixture(autouse=True)
def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of an earlier version that never was."""
    monkeypatch.setattr(sentences, "RENAMED_KEYS", {"trainer.speed": "trainer.lr"})
    monkeypatch.setattr(sentences, "RENAMED_OPTIONS", {("trainer", "together"): "joint"})
    monkeypatch.setattr(sentences, "RENAMED_VALUES", {("trainer.readout", "best"): "alone"})


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("trainer.speed=1", "trainer.speed is called trainer.lr now; write that"),
        ("+trainer.speed=1", "trainer.speed is called trainer.lr now; write that"),
        ("trainer=together", "trainer=together is called trainer=joint now; write that"),
        ("trainer.readout=best", "trainer.readout=best is called trainer.readout=alone now; write that"),
    ],
)
def test_an_old_name_is_told_the_new_one(word: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        compose_study([word])
    assert str(error.value) == sentence


def test_a_name_that_is_still_known_is_not_renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "RENAMED_KEYS", {"trainer.lr": "trainer.speed"})
    with pytest.raises(ConfigurationError, match="choose from"):
        compose_study(["trainer.readout=best"])
    assert compose_study(["trainer.lr=1"]).trainer.lr == 1  # type: ignore[union-attr]
