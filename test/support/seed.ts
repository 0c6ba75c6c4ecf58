import fc from 'fast-check';

/*
 * The quick suite tries the same values each time, so that it says the same about the same state of the code. The long one looks
 * for new ones: what it finds is printed with its seed, and becomes a test.
 */
const usual = 20_260_101;
const given = process.env['NETLANE_SEED'];

fc.configureGlobal({ seed: given === undefined ? (process.env['NETLANE_LONG'] === '1' ? Date.now() % 0x7fffffff : usual) : Number(given) });
