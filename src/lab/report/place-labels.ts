export type LabelPoint = { readonly x: number; readonly y: number; readonly text: string };

export type PlacedLabel = {
  readonly point: LabelPoint;
  /** From the point to where the text begins, is centred or ends, and to its middle line. */
  readonly dx: number;
  readonly dy: number;
  readonly anchor: 'start' | 'middle' | 'end';
};

type Box = { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };

export type LabelRoom = {
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly fontSize: number;
  readonly dotRadius: number;
};

/** Of a letter, in parts of the font size: somewhat more than the mean, so that estimates err on the safe side. */
const letterWidth = 0.58;

/**
 * Where texts beside points fit without covering another text or point. In the order given: what comes first chooses
 * first; what fits nowhere is left out.
 */
export function placeLabels(points: readonly LabelPoint[], room: LabelRoom): PlacedLabel[] {
  const taken: Box[] = points.map(({ x, y }) => around(x, y, room.dotRadius));
  const placed: PlacedLabel[] = [];
  for (const point of points) {
    for (const candidate of candidates(room)) {
      const label = { point, ...candidate };
      const box = boxOf(label, room.fontSize);
      if (!isInside(box, room) || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      placed.push(label);
      break;
    }
  }
  return placed;
}

function candidates({ fontSize, dotRadius }: LabelRoom): Omit<PlacedLabel, 'point'>[] {
  const beside = dotRadius + 4;
  const above = dotRadius + fontSize * 0.75;
  return [
    { dx: beside, dy: 0, anchor: 'start' },
    { dx: -beside, dy: 0, anchor: 'end' },
    { dx: beside - 2, dy: -above * 0.7, anchor: 'start' },
    { dx: beside - 2, dy: above * 0.7, anchor: 'start' },
    { dx: -beside + 2, dy: -above * 0.7, anchor: 'end' },
    { dx: -beside + 2, dy: above * 0.7, anchor: 'end' },
    { dx: 0, dy: -above, anchor: 'middle' },
    { dx: 0, dy: above, anchor: 'middle' },
  ];
}

function boxOf({ point, dx, dy, anchor }: PlacedLabel, fontSize: number): Box {
  const width = point.text.length * fontSize * letterWidth;
  const before = anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2;
  const left = point.x + dx - before;
  const middle = point.y + dy;
  return { left, right: left + width, top: middle - fontSize * 0.55, bottom: middle + fontSize * 0.55 };
}

function around(x: number, y: number, radius: number): Box {
  return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
}

function isInside(box: Box, room: LabelRoom): boolean {
  return box.left >= room.left && box.right <= room.width && box.top >= room.top && box.bottom <= room.bottom;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
