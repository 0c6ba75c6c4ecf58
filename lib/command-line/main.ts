#!/usr/bin/env node
import process from 'node:process';
import { runCommandLine } from './command-line.js';
import { Terminal } from './terminal.js';

// As Node has it where there is nothing left to do, and no answer yet. Not by await: the package has CommonJS of this (.scripts/bundle.mjs).
process.exitCode = 13;
void runCommandLine(process.argv.slice(2), new Terminal()).then((status) => {
  process.exitCode = status;
});
