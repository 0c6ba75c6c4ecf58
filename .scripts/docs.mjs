// node .scripts/docs.mjs   Writes docs/api: a page for each object of rtnetlink, made from its schema.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { apiPages } from './api-pages.mjs';
import { root } from './files.mjs';

const folder = join(root, 'docs/api');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const pages = apiPages();
for (const [name, text] of pages) writeFileSync(join(folder, `${name}.md`), text);
process.stdout.write(`netlane: ${pages.size} pages in docs/api\n`);
