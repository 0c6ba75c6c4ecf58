import fc from 'fast-check';

/*
 * The quick suite tries the same values each time, so that it says the same about the same state of the code. The long one looks
 * for new ones: what it finds is printed with its seed, and becomes a test.
 */
const usual = 20_260_101;
const given = process.env['NETLANE_SEED'];

const fresh = process.env['NETLANE_LONG'] === '1' ? Date.now() % 0x7fffffff : usual;

/** For scripts that are no properties of fast-check. */
export const seed = given === undefined ? fresh : Number(given);

fc.configureGlobal({ seed });
