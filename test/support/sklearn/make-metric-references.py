#!/usr/bin/env python3
"""Metrics by scikit-learn 1.2.1 of small made-up predictions, with ties, written to metric-references.json.

Run once: /usr/bin/python3 test/support/sklearn/make-metric-references.py
"""
import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as m
from sklearn.calibration import calibration_curve
from sklearn.preprocessing import label_binarize

BINS = 15


def numbers(rng, rows, offset, spread):
    y = np.round(offset + spread * rng.standard_normal(rows), 3)
    p = np.round(y + 0.5 * spread * rng.standard_normal(rows), 3)
    return {
        "labels": y.tolist(),
        "predictions": p.tolist(),
        "scores": {
            "rmse": m.mean_squared_error(y, p, squared=False),
            "mae": m.mean_absolute_error(y, p),
            "mape": m.mean_absolute_percentage_error(y, p),
            "r2": m.r2_score(y, p),
        },
    }


def expected_calibration_error(true, probability):
    observed, predicted = calibration_curve(true, probability, n_bins=BINS, strategy="uniform")
    edges = np.linspace(0, 1, BINS + 1)
    bins = np.searchsorted(edges[1:-1], probability)
    rows = np.bincount(bins, minlength=BINS)
    return float(np.sum(rows[rows > 0] * np.abs(observed - predicted)) / len(true))


def binary(rng, rows, share, digits):
    y = (rng.random(rows) < share).astype(int)
    p = np.round(1 / (1 + np.exp(-(1.5 * y - 1 + rng.standard_normal(rows)))), digits)
    predicted = (p > 0.5).astype(int)
    return {
        "labels": y.tolist(),
        "predictions": predicted.tolist(),
        "probabilities": [(1 - p).tolist(), p.tolist()],
        "scores": {
            "accuracy": m.accuracy_score(y, predicted),
            "log_loss": m.log_loss(y, p, labels=[0, 1]),
            "brier": m.brier_score_loss(y, p),
            "auc": m.roc_auc_score(y, p),
            "average_precision": m.average_precision_score(y, p),
            "f1": m.f1_score(y, predicted),
            "mcc": m.matthews_corrcoef(y, predicted),
            "calibration_error": expected_calibration_error(y, p),
        },
    }


def multiclass(rng, rows, classes):
    y = rng.integers(0, classes, rows)
    z = rng.standard_normal((rows, classes))
    z[np.arange(rows), y] += 1
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    p = np.round(p, 3)
    p[:, -1] = 1 - p[:, :-1].sum(axis=1)
    predicted = p.argmax(axis=1)
    one = label_binarize(y, classes=range(classes))
    return {
        "labels": y.tolist(),
        "predictions": predicted.tolist(),
        "probabilities": p.T.tolist(),
        "scores": {
            "accuracy": m.accuracy_score(y, predicted),
            "log_loss": m.log_loss(y, p, labels=range(classes)),
            "brier": float(np.mean(((p - one) ** 2).sum(axis=1))),
            "auc": m.roc_auc_score(y, p, multi_class="ovr", average="macro"),
            "average_precision": m.average_precision_score(one, p, average="macro"),
            "f1": m.f1_score(y, predicted, average="macro"),
            "mcc": m.matthews_corrcoef(y, predicted),
            "calibration_error": expected_calibration_error((predicted == y).astype(int), p.max(axis=1)),
        },
    }


def main():
    rng = np.random.default_rng(20010601)
    references = {
        "sklearn": sklearn.__version__,
        "numbers": [numbers(rng, 120, 5, 2), numbers(rng, 60, 1e6, 3), numbers(rng, 2, -4, 1)],
        "classes": [
            binary(rng, 150, 0.4, 4),
            binary(rng, 200, 0.05, 1),
            binary(rng, 40, 0.8, 2),
            multiclass(rng, 150, 3),
            multiclass(rng, 200, 6),
        ],
    }
    Path(__file__).with_name("metric-references.json").write_text(json.dumps(references) + "\n")


main()
