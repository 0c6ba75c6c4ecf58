/*
 * What tools made of functions: the texts that Function.prototype.toString() gave in programs that were run through them, recorded with
 * esbuild 0.28.2 (`format: 'cjs'`, `target: 'es2020'`, `keepNames`, without dynamic imports), TypeScript 7.0.2 (`module: commonjs`), tsx 4.23.15,
 * vitest 3.2.7, once with and once without vi.mock() in the file, and istanbul-lib-instrument 6.0.3 (nyc). The functions, as they were written:
 *
 *   import { readFileSync } from 'node:fs';
 *   import { hostname } from 'node:os';
 *
 *   export function plain(value: number): number {
 *     const double = (x: number): number => x * 2;
 *     function triple(x: number): number {
 *       return x * 3;
 *     }
 *     return value > 0 ? double(value) + triple(value) : 0;
 *   }
 *
 *   export const withImport = async (path: string): Promise<string> => {
 *     const { basename } = await import('node:path');
 *     return basename(path);
 *   };
 *
 *   export const fromOutside = (): string => readFileSync('/etc/hostname', 'utf8') + hostname();
 *
 *   export const counting = async function* (to: number): AsyncGenerator<number> {
 *     for (let index = 0; index < to; index++) yield index;
 *   };
 *
 *   export const withClass = (name: string): string => {
 *     class Greeter {
 *       readonly #name: string;
 *       static count = 0;
 *       constructor(name: string) {
 *         this.#name = name;
 *         Greeter.count++;
 *       }
 *       greet(): string {
 *         return `hello ${this.#name} ${Greeter.count}`;
 *       }
 *     }
 *     return new Greeter(name).greet();
 *   };
 *
 * `inTest` and `dynamic` stood in a test: () => readFileSync('/etc/hostname', 'utf8'), async () => (await import('node:path')).basename('/a/b').
 */

export const transformed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'esbuild-cjs': {
    plain:
      'function plain(value) {\n  const double = /* @__PURE__ */ __name((x) => x * 2, "double");\n  function triple(x) {\n    return x * 3;\n  }\n  __name(triple, "triple");\n  return value > 0 ? double(value) + triple(value) : 0;\n}',
    withImport:
      'async (path) => {\n  const { basename } = await Promise.resolve().then(() => __toESM(require("node:path")));\n  return basename(path);\n}',
    fromOutside: '() => (0, import_node_fs.readFileSync)("/etc/hostname", "utf8") + (0, import_node_os.hostname)()',
    counting: 'async function* (to) {\n  for (let index = 0; index < to; index++) yield index;\n}',
    withClass:
      '(name) => {\n  var _name;\n  const _Greeter = class _Greeter {\n    constructor(name2) {\n      __privateAdd(this, _name);\n      __privateSet(this, _name, name2);\n      _Greeter.count++;\n    }\n    greet() {\n      return `hello ${__privateGet(this, _name)} ${_Greeter.count}`;\n    }\n  };\n  _name = new WeakMap();\n  __name(_Greeter, "Greeter");\n  __publicField(_Greeter, "count", 0);\n  let Greeter = _Greeter;\n  return new Greeter(name).greet();\n}',
  },
  'tsc-cjs': {
    plain:
      'function plain(value) {\n    const double = (x) => x * 2;\n    function triple(x) {\n        return x * 3;\n    }\n    return value > 0 ? double(value) + triple(value) : 0;\n}',
    withImport:
      "async (path) => {\n    const { basename } = await Promise.resolve().then(() => __importStar(require('node:path')));\n    return basename(path);\n}",
    fromOutside: "() => (0, node_fs_1.readFileSync)('/etc/hostname', 'utf8') + (0, node_os_1.hostname)()",
    counting: 'async function* (to) {\n    for (let index = 0; index < to; index++)\n        yield index;\n}',
    withClass:
      '(name) => {\n    class Greeter {\n        #name;\n        static count = 0;\n        constructor(name) {\n            this.#name = name;\n            Greeter.count++;\n        }\n        greet() {\n            return `hello ${this.#name} ${Greeter.count}`;\n        }\n    }\n    return new Greeter(name).greet();\n}',
  },
  istanbul: {
    plain:
      'function plain(value){cov_y0rjdpet7().f[0]++;cov_y0rjdpet7().s[0]++;const double=x=>{cov_y0rjdpet7().f[1]++;cov_y0rjdpet7().s[1]++;return x*2;};function triple(x){cov_y0rjdpet7().f[2]++;cov_y0rjdpet7().s[2]++;return x*3;}cov_y0rjdpet7().s[3]++;return value>0?(cov_y0rjdpet7().b[0][0]++,double(value)+triple(value)):(cov_y0rjdpet7().b[0][1]++,0);}',
    withImport:
      'async path=>{cov_y0rjdpet7().f[3]++;const{basename}=(cov_y0rjdpet7().s[5]++,await import("node:path"));cov_y0rjdpet7().s[6]++;return basename(path);}',
    fromOutside: '()=>{cov_y0rjdpet7().f[4]++;cov_y0rjdpet7().s[8]++;return readFileSync("/etc/hostname","utf8")+hostname();}',
    counting:
      'async function*(to){cov_y0rjdpet7().f[5]++;cov_y0rjdpet7().s[10]++;for(let index=(cov_y0rjdpet7().s[11]++,0);index<to;index++){cov_y0rjdpet7().s[12]++;yield index;}}',
    withClass:
      'name=>{cov_y0rjdpet7().f[6]++;class Greeter{#name;static count=(cov_y0rjdpet7().s[14]++,0);constructor(name2){cov_y0rjdpet7().f[7]++;cov_y0rjdpet7().s[15]++;this.#name=name2;cov_y0rjdpet7().s[16]++;Greeter.count++;}greet(){cov_y0rjdpet7().f[8]++;cov_y0rjdpet7().s[17]++;return`hello ${this.#name} ${Greeter.count}`;}}cov_y0rjdpet7().s[18]++;return new Greeter(name).greet();}',
  },
  tsx: {
    counting: 'async function*(to){for(let index=0;index<to;index++)yield index}',
    fromOutside: '()=>(0,import_node_fs.readFileSync)("/etc/hostname","utf8")+(0,import_node_os.hostname)()',
    plain:
      'function plain(value){const double=__name(x=>x*2,"double");function triple(x){return x*3}__name(triple,"triple");return value>0?double(value)+triple(value):0}',
    withClass:
      'name=>{class Greeter{static{__name(this,"Greeter")}#name;static count=0;constructor(name2){this.#name=name2;Greeter.count++}greet(){return`hello ${this.#name} ${Greeter.count}`}}return new Greeter(name).greet()}',
    withImport:
      'async path=>{const{basename}=await import("node:path").then(t=>{const e="default";return t[e]&&typeof t[e]=="object"&&"__esModule"in t[e]?t[e]:t});return basename(path)}',
  },
  vitest: {
    plain:
      'function plain(value) {\n  const double = (x) => x * 2;\n  function triple(x) {\n    return x * 3;\n  }\n  return value > 0 ? double(value) + triple(value) : 0;\n}',
    withImport: 'async (path) => {\n  const { basename } = await __vite_ssr_dynamic_import__("node:path");\n  return basename(path);\n}',
    fromOutside: '() => (0,__vite_ssr_import_0__.readFileSync)("/etc/hostname", "utf8") + (0,__vite_ssr_import_1__.hostname)()',
    counting: 'async function* (to) {\n  for (let index = 0; index < to; index++) yield index;\n}',
    withClass:
      '(name) => {\n  class Greeter {\n    #name;\n    static {\n      this.count = 0;\n    }\n    constructor(name2) {\n      this.#name = name2;\n      Greeter.count++;\n    }\n    greet() {\n      return `hello ${this.#name} ${Greeter.count}`;\n    }\n  }\n  return new Greeter(name).greet();\n}',
    inTest: '() => (0,__vite_ssr_import_3__.readFileSync)("/etc/hostname")',
  },
  'vitest with vi.mock': {
    inTest: '() => __vi_import_0__.readFileSync("/etc/hostname", "utf8")',
    dynamic: 'async () => (await __vite_ssr_dynamic_import__("node:path")).basename("/a/b")',
  },
};
