"""Writes python_numbers.txt: the bits of doubles and what json.dumps makes of them.

Run: python3 python_numbers.py > python_numbers.txt
"""

import json
import random
import struct

LINES = [
    0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 1.5, 100.0, 12.040303738317757, -0.13547556102275848,
    0.07405237301122279, -0.003109929237841972, -0.08027223148690674, -0.1574345337359715,
    0.1 + 0.2, 1e-3, 9.999e-4, 1e-4, 0.00012, 9.99e-5, 1e-5, 1.5e-5, 1e-7, 1e-10, 1e-99, 1e-100,
    9999999.0, 9999999.5, 1e7, 12345678.0, 12345678.9, 1e8, 123456789012345.0, 123456789012345.6,
    1e15, 9999999999999998.0, 1e16, 1.2e16, 1e17, 1e21, 1e22, 1e23, 2e23, 9e22, 1.5e300, 1e100,
    5e-324, 1e-323, 1.5e-323, 2e-323, 2.5e-323, 3e-323, 3.5e-323, 4e-323, 4.4e-323, 5e-323, 1e-322,
    2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308, 2.0**53, 2.0**54,
    2.0**63, 2.0**-1074, 2.0**-1030, 2.0**100, 1 / 3, 2 / 3, 4.35, 4.349999999999999, 2e-3, 9.5e-3,
    0.30000001192092896, 0.10000000149011612, 1.401298464324817e-45, 3.4028234663852886e38,
]


def main():
    rng = random.Random(7)
    numbers = list(LINES)
    for _ in range(300):  # any bits at all
        (number,) = struct.unpack("<d", rng.randbytes(8))
        if number == number and abs(number) != float("inf"):
            numbers.append(number)
    for _ in range(300):  # 32-bit floats, widened
        (number,) = struct.unpack("<f", struct.pack("<f", rng.gauss(0, 1) * 10 ** rng.randint(-8, 18)))
        numbers.append(number)
    for _ in range(150):  # few digits
        numbers.append(float("%de%d" % (rng.randint(1, 99), rng.randint(-320, 300))))
    for number in numbers:
        (bits,) = struct.unpack("<Q", struct.pack("<d", number))
        print("%016x %s" % (bits, json.dumps(number)))


main()
