/** Value domains of the TPC-H specification, clauses 4.2.2.13 (strings) and 4.2.3 (nations and regions). */

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

function phrases(text: string): string[] {
  return text.split(',').map((phrase) => phrase.trim());
}

export const regions = phrases('AFRICA, AMERICA, ASIA, EUROPE, MIDDLE EAST');

/** By nation key: name and region key. */
export const nations: readonly (readonly [name: string, region: number])[] = [
  ['ALGERIA', 0],
  ['ARGENTINA', 1],
  ['BRAZIL', 1],
  ['CANADA', 1],
  ['EGYPT', 4],
  ['ETHIOPIA', 0],
  ['FRANCE', 3],
  ['GERMANY', 3],
  ['INDIA', 2],
  ['INDONESIA', 2],
  ['IRAN', 4],
  ['IRAQ', 4],
  ['JAPAN', 2],
  ['JORDAN', 4],
  ['KENYA', 0],
  ['MOROCCO', 0],
  ['MOZAMBIQUE', 0],
  ['PERU', 1],
  ['CHINA', 2],
  ['ROMANIA', 3],
  ['SAUDI ARABIA', 4],
  ['VIETNAM', 2],
  ['RUSSIA', 3],
  ['UNITED KINGDOM', 3],
  ['UNITED STATES', 1],
];

export const colours = words(`
  almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished chartreuse
  chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest frosted
  gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn lemon light lime linen
  magenta maroon medium metallic midnight mint misty moccasin navajo navy olive orange orchid pale papaya peach
  peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow
  spring steel tan thistle tomato turquoise violet wheat white yellow`);

export const typeSyllables = [
  words('STANDARD SMALL MEDIUM LARGE ECONOMY PROMO'),
  words('ANODIZED BURNISHED PLATED POLISHED BRUSHED'),
  words('TIN NICKEL BRASS STEEL COPPER'),
] as const;

export const containerSyllables = [
  words('SM LG MED JUMBO WRAP'),
  words('CASE BOX BAG JAR PKG PACK CAN DRUM'),
] as const;

export const segments = words('AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD');
export const priorities = phrases('1-URGENT, 2-HIGH, 3-MEDIUM, 4-NOT SPECIFIED, 5-LOW');
export const instructions = phrases('DELIVER IN PERSON, COLLECT COD, NONE, TAKE BACK RETURN');
export const modes = phrases('REG AIR, AIR, RAIL, SHIP, TRUCK, MAIL, FOB');

/** Words of comments. Adjective before noun is how Q13's '%special%requests%' comes about. */
export const commentWords = {
  noun: words(`
    foxes ideas theodolites instructions dependencies excuses platelets asymptotes courts dolphins multipliers
    sauternes warthogs frets dinos attainments somas braids hockey players requests packages accounts deposits`),
  verb: words(`
    sleep wake are cajole haggle nag use boost affix detect integrate maintain nod was lose sublate solve thrash
    promise engage hinder print doze run dazzle snooze doubt unwind kindle play hang believe`),
  adjective: words(`
    special pending unusual express furious sly careful blithe quick fluffy slow quiet ruthless thin close dogged
    daring brave stealthy permanent enticing idle busy regular final ironic even bold silent`),
  adverb: words(`
    sometimes always never furiously slyly carefully blithely quickly fluffily slowly quietly ruthlessly thinly
    closely doggedly daringly bravely stealthily permanently enticingly idly busily regularly finally`),
} as const;
