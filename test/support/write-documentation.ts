import { writeFileSync } from 'node:fs';
import { readme, readText, reference, root } from './documentation.ts';

writeFileSync(`${root}/src/REFERENCE.md`, await reference());
writeFileSync(`${root}/README.md`, readme(readText('README.md')));
