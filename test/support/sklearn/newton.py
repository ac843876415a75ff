"""Dense Newton iterations for small penalized fits, to the last digit: what iterative fits are held against.

Each minimizes sum of losses + l2/2 |w|^2 over an unpenalized intercept and weights w of the columns of x.
"""
import numpy as np


def _design(x):
    return np.column_stack([np.ones(len(x)), x])


def _minimize(start, value, step, rounds=200):
    """Newton with halving. `step` gives gradient and Hessian."""
    w = start
    best = value(w)
    for _ in range(rounds):
        gradient, hessian = step(w)
        direction = np.linalg.solve(hessian, gradient)
        if not np.all(np.isfinite(direction)):
            raise ArithmeticError("no Newton direction")
        size = 1.0
        while size > 1e-10 and not value(w - size * direction) <= best + 1e-12 * abs(best):
            size /= 2
        w = w - size * direction
        best = value(w)
        if np.max(np.abs(direction)) <= 1e-15 * max(1.0, np.max(np.abs(w))):
            break
    return w


def fit_glm(kind, x, y, l2):
    """Log link; half unit deviances. poisson: mu - y eta; gamma: y / mu + eta."""
    v = _design(x)
    penalty = np.r_[0.0, np.full(x.shape[1], l2)]

    def value(w):
        eta = v @ w
        loss = np.exp(eta) - y * eta if kind == "poisson" else y * np.exp(-eta) + eta
        return loss.sum() + penalty @ (w * w) / 2

    def step(w):
        mu = np.exp(v @ w)
        first, second = (mu - y, mu) if kind == "poisson" else (1 - y / mu, y / mu)
        return v.T @ first + penalty * w, (v * second[:, None]).T @ v + np.diag(penalty)

    return _minimize(np.r_[np.log(y.mean()), np.zeros(x.shape[1])], value, step)


def fit_huber(x, y, delta, l2):
    """r^2/2 up to |r| = delta, delta |r| - delta^2/2 beyond (Huber 1964)."""
    v = _design(x)
    penalty = np.r_[0.0, np.full(x.shape[1], l2)]

    def value(w):
        r = np.abs(y - v @ w)
        return np.where(r <= delta, r * r / 2, delta * r - delta * delta / 2).sum() + penalty @ (w * w) / 2

    def step(w):
        r = y - v @ w
        inside = np.abs(r) <= delta
        gradient = -(v.T @ np.clip(r, -delta, delta)) + penalty * w
        return gradient, v[inside].T @ v[inside] + np.diag(penalty)

    return _minimize(np.linalg.lstsq(v, y, rcond=None)[0], value, step)


def fit_softmax(x, y, classes, l2):
    """
    Rows (intercept, weights) by class. Of two classes the weights are those of one score, w1 - w0, split in halves:
    the penalty is then on that difference, as in the binary problem.
    """
    v = _design(x)
    width = v.shape[1]
    if classes == 2:
        penalty = np.r_[0.0, np.full(x.shape[1], l2)]

        def value(w):
            eta = v @ w
            return (np.logaddexp(0, eta) - y * eta).sum() + penalty @ (w * w) / 2

        def step(w):
            p = 1 / (1 + np.exp(-(v @ w)))
            return v.T @ (p - y) + penalty * w, (v * (p * (1 - p))[:, None]).T @ v + np.diag(penalty)

        w = _minimize(np.zeros(width), value, step)
        return np.vstack([-w / 2, w / 2])
    one = np.eye(classes)[y]
    penalty = np.tile(np.r_[0.0, np.full(x.shape[1], l2)], classes)
    # intercepts are fixed only up to a common shift: any curvature along it keeps their sum at 0
    shift = np.kron(np.ones((classes, classes)), np.diag(np.r_[1.0, np.zeros(x.shape[1])]))

    def probabilities(w):
        eta = v @ w.reshape(classes, width).T
        eta -= eta.max(axis=1, keepdims=True)
        p = np.exp(eta)
        return p / p.sum(axis=1, keepdims=True)

    def value(w):
        return -np.log((probabilities(w) * one).sum(axis=1)).sum() + penalty @ (w * w) / 2

    def step(w):
        p = probabilities(w)
        gradient = ((p - one).T @ v).ravel() + penalty * w
        hessian = np.zeros((classes * width, classes * width))
        for a in range(classes):
            for b in range(classes):
                weight = p[:, a] * ((a == b) - p[:, b])
                hessian[a * width : (a + 1) * width, b * width : (b + 1) * width] = (v * weight[:, None]).T @ v
        return gradient, hessian + np.diag(penalty) + shift

    return _minimize(np.zeros(classes * width), value, step).reshape(classes, width)
