"""Reference numbers for test/model/anchored/fit-equals-reference.test.ts, by scikit-learn 1.2.1 and numpy 1.24.

    /usr/bin/python3 test/support/sklearn/glm-reference.py > test/support/sklearn/glm-reference.json
    npx biome format --write test/support/sklearn/glm-reference.json

Data: the first 150 rows of scikit-learn's own iris, breast cancer and diabetes sets, the latter's label in hundreds.
LogisticRegression(C = 1/l2) minimizes sum(log-loss) + l2/2 |w|^2; Poisson- and GammaRegressor minimize
mean(half deviance) + alpha/2 |w|^2, so alpha = l2/n.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor

assert sklearn.__version__ == "1.2.1", sklearn.__version__


def logistic(x, y, l2, classes):
    model = LogisticRegression(C=1 / l2, solver="newton-cg" if classes > 2 else "newton-cholesky",
                               multi_class="multinomial" if classes > 2 else "auto", tol=1e-11, max_iter=500)
    model.fit(x, y)
    return model


def case(name, kind, data, y, l2, model):
    return {
        "name": name, "kind": kind, "l2": l2, "classes": sorted(set(map(int, y))) if kind == "logistic" else [],
        "data": data, "y": np.round(y, 4).tolist(),
        "intercept": np.atleast_1d(model.intercept_).tolist(), "coef": np.atleast_2d(model.coef_).tolist(),
    }


def main():
    iris = load_iris()
    cancer = load_breast_cancer()
    diabetes = load_diabetes()
    xs = {
        "iris": np.round(iris.data, 4),
        "cancer": np.round(cancer.data[:150, :6], 4),
        "diabetes": np.round(diabetes.data[:150] * 20, 4),
    }
    # standardized by the population deviation, so that one penalty is fair: the test asks for standardize = false
    for key in xs:
        xs[key] = np.round((xs[key] - xs[key].mean(axis=0)) / xs[key].std(axis=0), 4)
    y_diabetes = np.round(diabetes.target[:150] / 100, 4)
    counts = np.floor(diabetes.target[:150] / 50)
    cases = []
    cases.append(case("iris", "logistic", "iris", iris.target, 1.0, logistic(xs["iris"], iris.target, 1.0, 3)))
    cases.append(case("iris-weak", "logistic", "iris", iris.target, 0.1, logistic(xs["iris"], iris.target, 0.1, 3)))
    cases.append(case("cancer", "logistic", "cancer", cancer.target[:150], 1.0,
                      logistic(xs["cancer"], cancer.target[:150], 1.0, 2)))
    for l2 in (1.0, 10.0):
        n = len(counts)
        cases.append(case("diabetes-counts", "poisson", "diabetes", counts, l2,
                          PoissonRegressor(alpha=l2 / n, solver="newton-cholesky", tol=1e-14, max_iter=100000)
                          .fit(xs["diabetes"], counts)))
        cases.append(case("diabetes", "gamma", "diabetes", y_diabetes, l2,
                          GammaRegressor(alpha=l2 / n, solver="newton-cholesky", tol=1e-14, max_iter=100000)
                          .fit(xs["diabetes"], y_diabetes)))
    json.dump({"sklearn": sklearn.__version__, "numpy": np.__version__,
               "data": {key: x.tolist() for key, x in xs.items()}, "cases": cases}, sys.stdout)


main()
