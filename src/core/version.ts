declare const versionBrand: unique symbol;

/** The n-th accepted update makes version n; 0 is the empty database. */
export type Version = number & { readonly [versionBrand]: true };

declare const modelVersionBrand: unique symbol;

/** Numbers the fits of one model, from 1; failed candidates take a number too. */
export type ModelVersion = number & { readonly [modelVersionBrand]: true };

/** @throws RangeError when `value` is not a non-negative safe integer (a bug of the caller, not of the user). */
export function versionOf(value: number | bigint): Version {
  const n = Number(value);
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`not a version: ${value}`);
  return n as Version;
}

/** @throws RangeError when `value` is not a positive safe integer. */
export function modelVersionOf(value: number | bigint): ModelVersion {
  const n = Number(value);
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`not a model version: ${value}`);
  return n as ModelVersion;
}
