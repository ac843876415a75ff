"""python3 benchmarks/sklearn-fit.py rows features rounds: times of scikit-learn's fits to a matrix in memory, as JSON."""

import json
import resource
import sys
import time

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression, Ridge

rows, features, rounds = (int(given) for given in sys.argv[1:4])
random = numpy.random.default_rng(20261121)
places = numpy.arange(features)
x = (random.random((rows, features)) - 0.5) * (places + 1) + places * 100
y = (x[:, 0] - (x[:, 1] - 100) / 2 + random.random(rows) - 0.5 > 0).astype(float)
standardized = (x - x.mean(axis=0)) / x.std(axis=0)


def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(name, fit):
    wall, cpu = [], []
    for turn in range(rounds + 1):
        from_wall, from_cpu = time.perf_counter(), spent()
        fit()
        if turn > 0:
            wall.append((time.perf_counter() - from_wall) * 1000)
            cpu.append((spent() - from_cpu) * 1000)
    return {"name": name, "wallMs": wall, "cpuMs": cpu}


fits = [
    measure("scikit-learn, Ridge(alpha=1)", lambda: Ridge(alpha=1.0).fit(x, y)),
    measure(
        "scikit-learn, LogisticRegression(C=1), lbfgs, standardized before",
        lambda: LogisticRegression(C=1.0, max_iter=1000).fit(standardized, y),
    ),
]
print(json.dumps({"version": sklearn.__version__, "fits": fits}))
