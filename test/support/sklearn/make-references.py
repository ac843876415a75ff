#!/usr/bin/env python3
"""Coefficients and hold-out metrics by scikit-learn 1.2.1 on public data sets, written to references.json.

Run once, where the data is, then format:
  EVERVIEW_DATA=../shared/data /usr/bin/python3 test/support/sklearn/make-references.py && npm run format

Preparation (prepare.py; the same in SQL in test/support/sklearn/public-sets.ts): rows with every value present,
features as DOUBLE, training rows up to a moment and hold-out rows after it. Weights are told per unit of a feature
and intercepts at x = 0, whatever the fit saw; features are standardized (population deviation of the training rows)
before every penalty and never otherwise.

How the penalties of scikit-learn read in Everview, whose objectives are sums over rows (n of them):
  Ridge(alpha)                 sum (y - b - xw)^2 + alpha |w|^2                     l2 = alpha
  ElasticNet(alpha, rho)       the same + l1 |w|_1                                 l2 = n alpha (1 - rho), l1 = 2 n alpha rho
  LogisticRegression(C)        sum log loss + 1/(2C) |w|^2                         l2 = 1/C
  Poisson, GammaRegressor      sum half unit deviance + n alpha/2 |w|^2            l2 = n alpha
  Huber                        sum huber_delta(y - b - xw) + l2/2 |w|^2, by newton.py: scikit-learn's fits a scale too
Iterative fits are checked against a dense Newton iteration to the last digit, which says how many digits
scikit-learn's own hold (`digits`).
"""
import json
from pathlib import Path

import numpy as np
import sklearn
from prepare import SETS
from sklearn import decomposition, discriminant_analysis, linear_model, metrics, naive_bayes

from newton import fit_glm, fit_huber, fit_softmax


def split(data, features, label):
    train = data["train"]
    x = np.column_stack([data["columns"][name] for name in features])
    y = data["columns"][label] if isinstance(label, str) else np.asarray(label)
    return x[train], y[train], x[~train], y[~train]


class Scale:
    """Standardization by the training rows."""

    def __init__(self, x):
        self.mean, self.deviation = x.mean(axis=0), x.std(axis=0)

    def __call__(self, x):
        return (x - self.mean) / self.deviation

    def raw(self, weights, intercept):
        """Weights and intercept over the features as they are; weights: (..., features)."""
        raw = np.asarray(weights) / self.deviation
        return {"weights": raw.tolist(), "intercept": (intercept - raw @ self.mean).tolist()}


def number_scores(y, p):
    scores = {
        "rmse": metrics.mean_squared_error(y, p, squared=False),
        "mae": metrics.mean_absolute_error(y, p),
        "r2": metrics.r2_score(y, p),
    }
    if np.all(y != 0):
        scores["mape"] = metrics.mean_absolute_percentage_error(y, p)
    return scores


def class_scores(y, predicted, probability, classes):
    """classes: sorted; of two, the second is the positive one."""
    positive = classes[-1]
    one = np.column_stack([(y == c).astype(int) for c in classes])
    binary = len(classes) == 2
    scores = {
        "accuracy": metrics.accuracy_score(y, predicted),
        "f1": metrics.f1_score(y, predicted, **({"pos_label": positive} if binary else {"average": "macro"})),
        "mcc": metrics.matthews_corrcoef(y, predicted),
        "log_loss": metrics.log_loss(y, probability, labels=classes),
    }
    if binary:
        scores["auc"] = metrics.roc_auc_score(one[:, 1], probability[:, 1])
        scores["average_precision"] = metrics.average_precision_score(one[:, 1], probability[:, 1])
        scores["brier"] = metrics.brier_score_loss(one[:, 1], probability[:, 1])
    else:
        scores["auc"] = metrics.roc_auc_score(y, probability, multi_class="ovr", average="macro", labels=classes)
        scores["average_precision"] = metrics.average_precision_score(one, probability, average="macro")
        scores["brier"] = float(np.mean(((probability - one) ** 2).sum(axis=1)))
    return scores


def probabilities(fit, x):
    """Equal rows alike: a matrix product may give them other last bits, and ranks would take them apart by chance."""
    distinct, place = np.unique(x, axis=0, return_inverse=True)
    return fit.predict_proba(distinct)[place]


def digits(got, exact):
    """Decimal digits of the weights that agree, relative to the greatest."""
    off = np.max(np.abs(np.asarray(got) - exact)) / np.max(np.abs(exact))
    return round(float(min(15.0, -np.log10(max(off, 1e-15)))), 1)


def ridge(data, features, label, l2=10.0):
    x, y, hx, hy = split(data, features, label)
    scale = Scale(x)
    fit = linear_model.Ridge(alpha=l2, solver="cholesky").fit(scale(x), y)
    return {"options": {"l2": l2}, **scale.raw(fit.coef_, fit.intercept_), "scores": number_scores(hy, fit.predict(scale(hx)))}


def linear(data, features, label):
    x, y, hx, hy = split(data, features, label)
    scale = Scale(x)
    fit = linear_model.LinearRegression().fit(scale(x), y)
    return {"options": {}, **scale.raw(fit.coef_, fit.intercept_), "scores": number_scores(hy, fit.predict(scale(hx)))}


def elastic_net(data, features, label, share=0.05, ridge_part=0.01):
    x, y, hx, hy = split(data, features, label)
    scale = Scale(x)
    alpha = share * float(y.std()) + ridge_part
    rho = 1 - ridge_part / alpha
    fit = linear_model.ElasticNet(alpha=alpha, l1_ratio=rho, tol=1e-14, max_iter=1_000_000).fit(scale(x), y)
    options = {"l2": len(y) * alpha * (1 - rho), "l1": 2 * len(y) * alpha * rho}
    return {"options": options, **scale.raw(fit.coef_, fit.intercept_), "scores": number_scores(hy, fit.predict(scale(hx)))}


def logistic(data, features, label, l2=1.0):
    x, y, hx, hy = split(data, features, label)
    scale = Scale(x)
    classes = np.unique(y)
    fit = linear_model.LogisticRegression(C=1 / l2, solver="newton-cg", tol=1e-10, max_iter=100_000).fit(scale(x), y)
    exact = fit_softmax(scale(x), np.searchsorted(classes, y), len(classes), l2)
    several = len(classes) > 2
    newton = exact if several else exact[1] - exact[0]
    weights, intercept = (fit.coef_, fit.intercept_) if several else (fit.coef_[0], fit.intercept_[0])
    return {
        "options": {"l2": l2},
        "classes": classes.tolist(),
        **scale.raw(weights, intercept),
        "digits": digits(weights, newton[..., 1:]),
        # of several classes the intercepts sum to 0, as do the weights of a feature
        "newton": scale.raw(newton[..., 1:], newton[..., 0]),
        "scores": class_scores(hy, fit.predict(scale(hx)), probabilities(fit, scale(hx)), classes.tolist()),
    }


def glm(kind, estimator):
    def run(data, features, label, l2=1.0):
        x, y, hx, hy = split(data, features, label)
        scale = Scale(x)
        fit = estimator(alpha=l2 / len(y), tol=1e-11, max_iter=100_000, solver="newton-cholesky").fit(scale(x), y)
        exact = fit_glm(kind, scale(x), y, l2)
        return {
            "options": {"l2": l2},
            **scale.raw(fit.coef_, fit.intercept_),
            "digits": digits(fit.coef_, exact[1:]),
            "scores": number_scores(hy, fit.predict(scale(hx))),
        }

    return run


def huber(data, features, label, l2=1.0, share=1.0):
    x, y, hx, hy = split(data, features, label)
    scale = Scale(x)
    delta = share * float(y.std())
    exact = fit_huber(scale(x), y, delta, l2)
    return {
        "options": {"l2": l2, "delta": delta},
        **scale.raw(exact[1:], exact[0]),
        "scores": number_scores(hy, exact[0] + scale(hx) @ exact[1:]),
    }


def gaussian_nb(data, features, label):
    x, y, hx, hy = split(data, features, label)
    fit = naive_bayes.GaussianNB().fit(x, y)
    return {
        "options": {"var_smoothing": 1e-9},
        "classes": fit.classes_.tolist(),
        "priors": fit.class_prior_.tolist(),
        "means": fit.theta_.tolist(),
        "variances": fit.var_.tolist(),
        "scores": class_scores(hy, fit.predict(hx), probabilities(fit, hx), fit.classes_.tolist()),
    }


def counted_nb(estimator):
    def run(data, features, label):
        x, y, hx, hy = split(data, features, label)
        fit = estimator(alpha=1.0).fit(x, y)
        return {
            "options": {"alpha": 1.0},
            "classes": fit.classes_.tolist(),
            "log_priors": fit.class_log_prior_.tolist(),
            "log_probabilities": fit.feature_log_prob_.tolist(),
            "scores": class_scores(hy, fit.predict(hx), probabilities(fit, hx), fit.classes_.tolist()),
        }

    return run


def lda(data, features, label):
    """The shared covariance has the divisor n - classes (solver svd)."""
    x, y, hx, hy = split(data, features, label)
    fit = discriminant_analysis.LinearDiscriminantAnalysis(solver="svd").fit(x, y)
    return {
        "options": {},
        "classes": fit.classes_.tolist(),
        "weights": fit.coef_.tolist(),
        "intercept": fit.intercept_.tolist(),
        "scores": class_scores(hy, fit.predict(hx), probabilities(fit, hx), fit.classes_.tolist()),
    }


def qda(data, features, label):
    """The covariance of a class of m rows has the divisor m - 1."""
    x, y, hx, hy = split(data, features, label)
    fit = discriminant_analysis.QuadraticDiscriminantAnalysis(store_covariance=True).fit(x, y)
    return {
        "options": {},
        "classes": fit.classes_.tolist(),
        "priors": fit.priors_.tolist(),
        "means": fit.means_.tolist(),
        "covariances": [c.tolist() for c in fit.covariance_],
        "scores": class_scores(hy, fit.predict(hx), probabilities(fit, hx), fit.classes_.tolist()),
    }


def pca(data, features, label):
    """Of standardized features; variances with the divisor n - 1; components up to their sign."""
    x, _, _, _ = split(data, features, label)
    fit = decomposition.PCA(svd_solver="full").fit(Scale(x)(x))
    return {
        "options": {},
        "components": fit.components_.tolist(),
        "explained_variance": fit.explained_variance_.tolist(),
        "scores": {},
    }


FAMILIES = {
    "ridge": ridge,
    "linear": linear,
    "elastic_net": elastic_net,
    "logistic": logistic,
    "poisson": glm("poisson", linear_model.PoissonRegressor),
    "gamma": glm("gamma", linear_model.GammaRegressor),
    "huber": huber,
    "gaussian_nb": gaussian_nb,
    "multinomial_nb": counted_nb(naive_bayes.MultinomialNB),
    "bernoulli_nb": counted_nb(naive_bayes.BernoulliNB),
    "lda": lda,
    "qda": qda,
    "pca": pca,
}


def main():
    sets = {}
    for name, (prepare, cases) in SETS.items():
        data = prepare()
        train = data["train"]
        fits = []
        for family, features, label in cases:
            fit = FAMILIES[family](data, features, label)
            fits.append({"family": family, "features": features, "label": label, **fit})
            shown = {k: round(float(v), 4) for k, v in fit["scores"].items()}
            print(name, family, label, fit.get("digits", ""), shown)
        sets[name] = {"training": int(train.sum()), "holdout": int((~train).sum()), "fits": fits}
    text = json.dumps({"sklearn": sklearn.__version__, "sets": sets}, indent=None, separators=(",", ":"))
    Path(__file__).with_name("references.json").write_text(text + "\n")


main()
