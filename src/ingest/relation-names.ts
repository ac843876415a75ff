import { quoteIdentifier } from '../core/identifier.ts';

export function dataRelation(table: string): string {
  return `data.${quoteIdentifier(table)}`;
}

export function logRelation(table: string): string {
  return `log.${quoteIdentifier(table)}`;
}

export function quarantineRelation(table: string): string {
  return `quarantine.${quoteIdentifier(table)}`;
}
