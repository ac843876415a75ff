import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStatement } from '../../src/declare/statement-parser.ts';
import { placeInScript, StatementReader, splitStatements } from '../../src/declare/statement-reader.ts';

const texts = (script: string) => splitStatements(script).map((statement) => statement.text);

describe('splitStatements', () => {
  it.each([
    ['', []],
    [' ; ;; -- nothing\n /* at ; all */', []],
    ['SELECT 1', ['SELECT 1']],
    ['SELECT 1; -- one\nSELECT 2;\n-- the end', ['SELECT 1', 'SELECT 2']],
    ["SELECT ';' || 'it''s;'; x", ["SELECT ';' || 'it''s;'", 'x']],
    [`SELECT ";" ";""a"; x`, [`SELECT ";" ";""a"`, 'x']],
    ["SELECT E'\\';', e'a'';'; x", ["SELECT E'\\';', e'a'';'", 'x']],
    ["SELECT 'a\\'; x", ["SELECT 'a\\'", 'x']],
    ['SELECT $$;$$, $tag$ ; $$ ; $tag$; x', ['SELECT $$;$$, $tag$ ; $$ ; $tag$', 'x']],
    ['SELECT $1, a$b$; c$b$', ['SELECT $1, a$b$', 'c$b$']],
    ['a /* ; /* ; */ ; */ b; -- c ; d\n e', ['a /* ; /* ; */ ; */ b', 'e']],
    ['SELECT 1 -- c\r; SELECT 2 -- d\r\n; x', ['SELECT 1', 'SELECT 2', 'x']],
    ['a - -1 / 2; b', ['a - -1 / 2', 'b']],
    ["SELECT 1; SELECT 'open ;", ['SELECT 1', "SELECT 'open ;"]],
  ])('cuts %j', (script, expected) => {
    expect(texts(script)).toEqual(expected);
  });

  it('and reads texts of any length', () => {
    const long = 'x'.repeat(12_000_000);
    expect(texts(`SELECT '${long}'; "${long}"`).map(({ length }) => length)).toEqual([
      12_000_009, 12_000_002,
    ]);
    const insert = parseStatement(`INSERT INTO t VALUES ('${long}', E'${long}')`);
    expect(insert).toMatchObject({ kind: 'insert' });
  });

  it('says where each statement stands', () => {
    const script = '-- a\n  SELECT 1;SELECT\n2 ;\n\n x';
    const statements = splitStatements(script);
    expect(statements.map(({ at }) => at)).toEqual([
      { line: 2, column: 3, offset: 7, length: 8 },
      { line: 2, column: 12, offset: 16, length: 8 },
      { line: 5, column: 2, offset: 29, length: 1 },
    ]);
    for (const { text, at } of statements) expect(script.slice(at.offset, at.offset + at.length)).toBe(text);
  });

  it('brings places of a statement into the script', () => {
    const statement = { line: 2, column: 12, offset: 16, length: 8 };
    expect(placeInScript({ line: 1, column: 3, offset: 2, length: 4 }, statement)).toEqual({
      line: 2,
      column: 14,
      offset: 18,
      length: 4,
    });
    expect(placeInScript({ line: 2, column: 1, offset: 7, length: 1 }, statement)).toEqual({
      line: 3,
      column: 1,
      offset: 23,
      length: 1,
    });
  });
});

describe('StatementReader', () => {
  it('gives a statement as soon as its end mark is there', () => {
    const reader = new StatementReader();
    expect(reader.isPending).toBe(false);
    expect(reader.push('SELECT')).toEqual([]);
    expect(reader.isPending).toBe(true);
    expect(reader.push(' 1;').map(({ text }) => text)).toEqual(['SELECT 1']);
    expect(reader.isPending).toBe(false);
    expect(reader.push('\n')).toEqual([]);
    expect(reader.end()).toEqual([]);
  });

  const piece = fc.constantFrom(
    ...[
      "'",
      "''",
      '"',
      '$$',
      '$t$',
      '$',
      't',
      '--',
      '-',
      '/*',
      '*/',
      '/',
      '*',
      '\n',
      ';',
      ' ',
      'e',
      "E'",
      '1e5',
      '\\',
      'SELECT',
      '1',
      'ü',
      '(',
      ')',
    ],
  );

  it('gives the same statements however the text is cut into chunks', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
        fc.array(fc.nat(60), { maxLength: 12 }),
        (script, cuts) => {
          const reader = new StatementReader();
          const bounds = [
            0,
            ...cuts.map((cut) => Math.min(cut, script.length)).sort((a, b) => a - b),
            script.length,
          ];
          const chunks = bounds.slice(1).map((end, index) => script.slice(bounds[index], end));
          const statements = [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
          expect(statements).toEqual(splitStatements(script));
          for (const { text, at } of statements) {
            expect(script.slice(at.offset, at.offset + at.length)).toBe(text);
          }
        },
      ),
      {
        numRuns: 2_000,
        // Found by the draws: a string that is not closed yet was taken for a closed one and a quote.
        examples: [
          ["E'''\\'' ", [4]],
          ["''';'", [3]],
          ['1e5$$;$$', [2]],
        ],
      },
    );
  });
});
