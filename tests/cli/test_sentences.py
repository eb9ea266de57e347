"""What is called otherwise now is answered by one sentence that names the new name."""

import pytest

from fade import renamed
from fade.config import compose_study
from fade.study.config import ConfigurationError


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        *((f"{key}=[x]", f"{key} is called {new} now; write that") for key, new in renamed.KEYS.items()),
        ("trainer=apart", "trainer=apart is called trainer=independent_paths now; write that"),
        ("trainer.name=apart", "trainer=apart is called trainer=independent_paths now; write that"),
        ("trainer.readout=elsewhere", "trainer.readout=elsewhere is called trainer.readout=predictor now; write that"),
    ],
)
def test_an_old_name_is_told_the_new_one(word: str, sentence: str) -> None:
    for prefix in ("", "+"):
        with pytest.raises(ConfigurationError) as error:
            compose_study([prefix + word] if "=[" in word else [word])
        assert str(error.value) == sentence


def test_metrics_of_an_earlier_version_are_read_by_todays_names() -> None:
    region = {"elsewhere": {"regions": 2}, "readout": "informed", "readouts": {"informed": 1, "weights": 2}}
    assert renamed.current_region(region) == {
        "earlier_runs": {"regions": 2},
        "readout": "consensus_with_predictor",
        "readouts": {"consensus_with_predictor": 1, "weights": 2},
    }
