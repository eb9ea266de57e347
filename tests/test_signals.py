"""Signals that have to wait."""

import signal

import pytest

from fade.signals import held


def test_an_interruption_waits_for_what_must_not_be_interrupted():
    done = []
    with pytest.raises(KeyboardInterrupt), held():  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        done.append("all of it")
    assert done == ["all of it"]


def test_handlers_and_masks_are_as_before():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with held():
        assert {signal.SIGINT, signal.SIGTERM} <= signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
