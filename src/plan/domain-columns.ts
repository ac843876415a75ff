/** The columns of domains made by lowering. */

/** What the rows fall apart by. */
export const keyColumn = (place: number): string => `__ev_k${place}`;

/** An item of a SELECT list. */
export const outputColumn = (place: number): string => `__ev_o${place}`;

/** The value of a subquery. */
export const subqueryColumn = '__ev_s';
