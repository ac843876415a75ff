import { readFile, writeFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import type { History } from '../history.ts';

/** For workers of this very run: Node's structured clone keeps dates, big integers and bytes as they are. */
export async function writeHistoryFile(path: string, history: History): Promise<void> {
  await writeFile(path, serialize(history));
}

/** @param path of a file that `writeHistoryFile` of the same release wrote; nothing in it is checked. */
export async function readHistoryFile(path: string): Promise<History> {
  const history: History = deserialize(await readFile(path));
  return history;
}
