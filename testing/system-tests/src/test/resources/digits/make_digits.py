"""Writes digits.npz: the 1,797 handwritten digits of 8x8 pixels that scikit-learn ships.

Data: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits" (test part), UCI Machine
Learning Repository, 1998, https://doi.org/10.24432/C50P49, licensed CC BY 4.0. Changed here: stored as
unsigned bytes, `x` of shape (1797, 8, 8) with values 0 to 16 and `y` of shape (1797,).

Usage: python make_digits.py   (needs scikit-learn; not part of the build)
"""

import pathlib

import numpy
from sklearn.datasets import load_digits

digits = load_digits()
numpy.savez_compressed(
    pathlib.Path(__file__).parent / "digits.npz",
    x=digits.images.astype(numpy.uint8),
    y=digits.target.astype(numpy.uint8),
)
