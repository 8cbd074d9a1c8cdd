"""Calls the model `swapped` over gRPC from several threads until standard input ends.

Says how many calls were answered by which version, and everything that was wrong; exits with 1 then.
"""

import argparse
import collections
import sys
import threading

import numpy as np
import tritonclient.grpc as triton

parser = argparse.ArgumentParser()
parser.add_argument("--address", required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--factor", action="append", required=True, help="VERSION=FACTOR")
options = parser.parse_args()
factors = dict((key, float(value)) for key, value in (f.split("=") for f in options.factor))

stop = threading.Event()
lock = threading.Lock()
answered = collections.Counter()
wrong = []


def call_for_ever(seed):
    generator = np.random.default_rng(seed)
    with triton.InferenceServerClient(options.address) as client:
        while not stop.is_set():
            x = generator.integers(-100, 100, size=(2, 3)).astype(np.float32)
            tensor = triton.InferInput("x", [2, 3], "FP32")
            tensor.set_data_from_numpy(x)
            try:
                result = client.infer("swapped", [tensor], client_timeout=30)
                version = result.get_response().model_version
                if not np.array_equal(result.as_numpy("y"), x * factors[version]):
                    raise ValueError(f"version {version} said {result.as_numpy('y')} to {x}")
                with lock:
                    answered[version] += 1
            except Exception as error:  # all of them are reported at the end
                with lock:
                    wrong.append(repr(error))


threads = [threading.Thread(target=call_for_ever, args=(i,)) for i in range(options.threads)]
for thread in threads:
    thread.start()
sys.stdin.read()
stop.set()
for thread in threads:
    thread.join()
print(f"answered {dict(answered)}, {len(wrong)} wrong")
for line in wrong[:20]:
    print(line)
sys.exit(1 if wrong or not answered else 0)
