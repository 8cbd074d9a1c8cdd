#!/usr/bin/env python3
"""Takes the small sample in this folder from the 10,000 test pictures of Fashion-MNIST.

Chosen with a fixed seed, so that a second run writes the same files, and laid out in rounds of ten
that hold each class once: however few are shown, they are a mix. The model of the demo never saw
any of them, since it trains on the other 60,000.
"""

import argparse
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import idx  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description="Take a sample of the Fashion-MNIST test set.")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--per-class", type=int, default=50)
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    try:
        pictures, labels = idx.read_pictures(options.data, "t10k")
    except idx.BadIdxFile as error:
        sys.exit(
            f"{error}\nOn Debian and Ubuntu: apt-get install dataset-fashion-mnist; or name the folder with --data"
        )

    chosen = sample(labels, options.per_class, random.Random(options.seed))
    count = len(chosen)
    idx.write(
        HERE / "fashion-mnist-sample-images-idx3-ubyte.gz", (count, 28, 28), b"".join(pictures[i] for i in chosen)
    )
    idx.write(HERE / "fashion-mnist-sample-labels-idx1-ubyte.gz", (count,), bytes(labels[i] for i in chosen))
    print(f"{count} pictures, {options.per_class} of each class")


def sample(labels: bytes, per_class: int, rng: random.Random) -> list[int]:
    by_class = [
        rng.sample([index for index, label in enumerate(labels) if label == wanted], per_class) for wanted in range(10)
    ]
    rounds = [list(members) for members in zip(*by_class, strict=True)]
    for one_round in rounds:
        rng.shuffle(one_round)
    return [index for one_round in rounds for index in one_round]


if __name__ == "__main__":
    main()
