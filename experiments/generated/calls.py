"""Which of ten calls is heard?

Spectrograms of 16 times × 16 pitches in one channel. A call is three syllables, each a glide from one pitch to another.
It is shifted in time and pitch, stretched, sung with overtones and syllables of uneven loudness, and heard with its
echo, two syllables of other calls and noise that is louder at low pitches.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

SIZE, CLASSES, SYLLABLES = 16, 10, 3
Floats = NDArray[np.float64]


def calls(rng: np.random.Generator) -> Floats:
    """The glides ``[CLASSES, SYLLABLES, 4]``: onset and length as parts of the call, first and last pitch in pixels."""
    lengths = rng.dirichlet(np.full(SYLLABLES, 4.0), CLASSES)
    onsets = np.cumsum(lengths, 1) - lengths
    pitches = rng.uniform(3, 11, (2, CLASSES, SYLLABLES))
    return np.stack([onsets, 0.8 * lengths, *pitches], -1)


def sung(glide: Floats, start: float, stretch: float, shift: float, overtone: float) -> Floats:
    """Energy ``[SIZE, SIZE]`` (pitch, time) of one syllable and its overtone, five pixels above it."""
    pitch, time = np.mgrid[:SIZE, :SIZE].astype(float)
    onset, length, first, last = glide
    along = (time - start - stretch * onset) / (stretch * length)
    centre = shift + first + (last - first) * np.clip(along, 0, 1)
    heard = np.exp(-np.square(np.maximum(np.abs(along - 0.5) - 0.5, 0) * stretch * length))
    tone = np.exp(-np.square(pitch - centre) / 0.8) + overtone * np.exp(-np.square(pitch - centre - 5) / 0.8)
    energy: Floats = heard * tone
    return energy


def spectrogram(label: int, glides: Floats, rng: np.random.Generator) -> Floats:
    """One example ``[1, SIZE, SIZE]`` in [0, 1]."""
    start, stretch, shift = rng.uniform(0, 4), rng.uniform(9, 13), rng.uniform(-2.5, 2.5)
    overtone, energy = rng.uniform(0, 0.7), np.zeros((SIZE, SIZE))
    for glide in glides[label]:
        energy += rng.uniform(0.5, 1) * sung(glide, start, stretch, shift, overtone)
    delay = int(rng.integers(2, 5))
    energy[:, delay:] += rng.uniform(0, 0.4) * energy[:, :-delay]
    for other in rng.integers(CLASSES, size=2):
        glide = glides[other, rng.integers(SYLLABLES)]
        moved = rng.uniform(-3, 3)
        energy += rng.uniform(0.3, 0.8) * sung(glide, rng.uniform(-4, 8), stretch, moved, overtone)
    floor = np.linspace(0.35, 0.15, SIZE)[:, None] * rng.normal(size=(SIZE, SIZE))
    return np.clip(0.25 + 0.6 * energy + floor, 0, 1)[None]


def prepared(rng: np.random.Generator) -> Callable[[int, np.random.Generator], Floats]:
    """Draw the calls; how to draw an example of a class."""
    glides = calls(rng)
    return lambda label, rng: spectrogram(label, glides, rng)
