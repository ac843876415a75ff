import { writeFileSync } from 'node:fs';
import { readme, readText, reference, root, shownPrograms } from './documentation.ts';

writeFileSync(`${root}/src/REFERENCE.md`, await reference());
await using programs = await shownPrograms();
writeFileSync(`${root}/README.md`, readme(readText('README.md'), programs));
