"""Reference numbers for test/model/elastic-net.test.ts and test/model/pca.test.ts, by scikit-learn 1.2.1.

    /usr/bin/python3 test/support/sklearn/linear-references.py > test/support/sklearn/linear-references.json

The rows are made by integer arithmetic, so that the tests make the same ones. What scikit-learn's coordinate descent
leaves is taken away with tol = 1e-15; its l1 and l2 are in our units.
"""
import json

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from sklearn.preprocessing import StandardScaler

ROWS, COLUMNS = 200, 8


def rows():
    x = np.array([[((i * 37 + 11) * (j * 53 + 29) % 1009) / 100 for j in range(COLUMNS)] for i in range(ROWS)])
    x[:, 5] = x[:, 0] + x[:, 1] + x[:, 5] / 50
    x[:, 7] *= 1000
    noise = np.array([(i * 7919 % 503) / 50 for i in range(ROWS)])
    y = 3 * x[:, 0] - 2 * x[:, 2] + 0.001 * x[:, 7] + noise
    return x, y, 2 * x[:, 3] - y + noise[::-1]


def fits(x, labels):
    scaled = StandardScaler().fit_transform(x)
    deviation = x.std(axis=0)
    out = []
    for l1, l2, standardize in [(50, 0, True), (500, 20, True), (2000, 0, True), (300, 5, False), (0, 7, True),
                                (0, 0, True), (1e9, 1, True)]:
        z = scaled if standardize else x
        each = []
        for y in labels:
            if l1 == 0:
                model = LinearRegression() if l2 == 0 else Ridge(alpha=l2, solver="svd")
            elif l2 == 0:
                model = Lasso(alpha=l1 / (2 * ROWS), tol=1e-15, max_iter=10_000_000)
            else:
                alpha = l1 / (2 * ROWS) + l2 / ROWS
                model = ElasticNet(alpha=alpha, l1_ratio=l1 / (2 * ROWS) / alpha, tol=1e-15, max_iter=10_000_000)
            model.fit(z, y)
            weights = model.coef_ / deviation if standardize else model.coef_
            each.append({"weights": weights.tolist(), "intercept": float(y.mean() - weights @ x.mean(axis=0))})
        out.append({"l1": l1, "l2": l2, "standardize": standardize, "labels": each})
    return out


def pca(x):
    out = []
    for standardize in (True, False):
        z = StandardScaler().fit_transform(x) if standardize else x - x.mean(axis=0)
        model = PCA(n_components=5, svd_solver="full").fit(z)
        loadings = [(v if v[np.abs(v).argmax()] > 0 else -v).tolist() for v in model.components_]
        out.append({
            "standardize": standardize,
            "loadings": loadings,
            "variances": model.explained_variance_.tolist(),
            "ratios": model.explained_variance_ratio_.tolist(),
            "firstScores": (z[0] @ np.array(loadings).T).tolist(),
        })
    return out


features, one, other = rows()
print(json.dumps({"fits": fits(features, [other, one]), "pca": pca(features)}, indent=1))
