import { checkInteger, isObject } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { LITTLE_ENDIAN } from './constants.js';

/** One instruction of a classic BPF program (struct sock_filter). */
export interface FilterInstruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** The program as the kernel takes it. Throws NETLANE_INVALID_ARGUMENT, which calls it by `name`. */
export function encodeFilter(program: readonly FilterInstruction[], name = 'program'): Uint8Array {
  if (!Array.isArray(program) || program.length > 4096) throw invalidArgument(name, 'an array of at most 4096 instructions', program);
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, instruction] of (program as readonly unknown[]).entries()) {
    if (!isObject(instruction)) throw invalidArgument(`${name}[${index}]`, 'an instruction { code, jt, jf, k }', instruction);
    const { code, jt, jf, k } = instruction;
    checkInteger(`${name}[${index}].code`, code, 0, 0xffff);
    checkInteger(`${name}[${index}].jt`, jt, 0, 255);
    checkInteger(`${name}[${index}].jf`, jf, 0, 255);
    checkInteger(`${name}[${index}].k`, k, 0, 0xffffffff);
    view.setUint16(index * 8, code, LITTLE_ENDIAN);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k, LITTLE_ENDIAN);
  }
  return bytes;
}
