"""Reference numbers for test/model/class-scores.test.ts, by scikit-learn 1.2.1: logarithms of probabilities.

    /usr/bin/python3 test/support/sklearn/class-references.py > test/support/sklearn/class-references.json
"""
import json

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, GaussianNB, MultinomialNB

ROWS, TOLD = 150, 12
i = np.arange(ROWS)
labels = np.array(["a", "b", "c"])[(i * i + i // 7) % 3]
shift = np.array([{"a": 0, "b": 2, "c": 5}[label] for label in labels])
real = np.stack([(i * (j * 31 + 17) * 37 % 1009) / 100 * (j + 1) + shift * (2 - j) for j in range(4)], axis=1)
real[:, 3] = real[:, 3] * 1e-3 + 500
counts = np.stack([(i * (j * 13 + 7) % (5 + j) + (shift if j == 1 else 0)) for j in range(4)], axis=1)
binary = np.stack([((i * (j * 13 + 7) + shift * j) % 5 < 2).astype(int) for j in range(4)], axis=1)
levels = np.stack([(i * 7 + shift) % 4, (i * 11 + i // 9) % 3], axis=1)


def logs(model, x):
    return model.fit(x, labels).predict_log_proba(x[:TOLD]).tolist()


print(json.dumps({
    "gaussian": logs(GaussianNB(), real),
    "categorical": logs(CategoricalNB(alpha=0.5), levels),
    "multinomial": logs(MultinomialNB(alpha=0.7), counts),
    "bernoulli": logs(BernoulliNB(alpha=0.3), binary),
    "linear": logs(LinearDiscriminantAnalysis(), real),
    "quadratic": logs(QuadraticDiscriminantAnalysis(), real),
    "regularized": logs(QuadraticDiscriminantAnalysis(reg_param=0.1), real),
}, indent=1))
