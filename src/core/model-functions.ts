/** Table functions of a model and an input: `predict` adds the prediction, `explain_predict` also what it comes of. */
export const modelFunctions = ['predict', 'explain_predict'] as const;

export type ModelFunction = (typeof modelFunctions)[number];

/** @param name in lower case */
export function modelFunctionOf(name: string): ModelFunction | null {
  return modelFunctions.find((known) => known === name) ?? null;
}
