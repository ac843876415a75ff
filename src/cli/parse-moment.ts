/**
 * A moment as ISO 8601 writes it: `2001-06-30`, `2001-06-30T06:00`, `2001-06-30 06:00:00.5+02:00`. Without a zone it
 * is UTC. Null when the text is none, or names a day that does not exist.
 */
export function tryParseMoment(text: string): Date | null {
  const parts =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i.exec(
      text.trim(),
    );
  if (parts === null) return null;
  const [, day = '', clock = '00:00', seconds = ':00', zone = 'Z'] = parts;
  // JavaScript takes 30 February for 2 March.
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return null;
  const moment = new Date(`${day}T${clock}${seconds}${fullZone(zone)}`);
  return Number.isNaN(moment.getTime()) ? null : moment;
}

/** `+02`, `+0200` and `+02:00` are the same. */
function fullZone(zone: string): string {
  if (/^z$/i.test(zone)) return 'Z';
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
