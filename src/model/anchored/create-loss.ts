import { EverviewError } from '../../core/errors.ts';
import { createGammaLoss } from './gamma-loss.ts';
import { createHuberLoss } from './huber-loss.ts';
import { createLogisticLoss } from './logistic-loss.ts';
import type { Loss } from './loss.ts';
import { createPoissonLoss } from './poisson-loss.ts';
import { createSoftmaxLoss } from './softmax-loss.ts';

/** `classes`: the texts of the label's classes, sorted; the last of two is the positive one. */
export type AnchoredMethod =
  | { readonly kind: 'logistic'; readonly classes: readonly string[] }
  | { readonly kind: 'poisson' | 'gamma' }
  | { readonly kind: 'huber'; readonly delta: number };

/** @throws EverviewError `invalid-option` for a delta that is not above 0; `not-enough-rows` below two classes. */
export function createLoss(method: AnchoredMethod): Loss {
  switch (method.kind) {
    case 'logistic': {
      const count = method.classes.length;
      if (count < 2) {
        throw new EverviewError('not-enough-rows', `the label has ${count} class${count === 1 ? '' : 'es'}`, {
          hint: 'a classifier needs training rows of two classes at least',
        });
      }
      return count === 2 ? createLogisticLoss() : createSoftmaxLoss(count);
    }
    case 'poisson':
      return createPoissonLoss();
    case 'gamma':
      return createGammaLoss();
    case 'huber':
      if (Number.isFinite(method.delta) && method.delta > 0) return createHuberLoss(method.delta);
      throw new EverviewError('invalid-option', `delta is ${method.delta}`, {
        hint: 'delta is the residual, in units of the label, from which Huber loss grows linearly: above 0',
      });
  }
}
