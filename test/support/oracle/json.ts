/**
 * JSON as iproute2 writes it: an object may have a key twice, since what an encapsulation prints stands beside what the route prints. The
 * second `dst` of an object is here `dst#2`, and nothing is lost. The order of the keys is kept.
 */
export function parseJson(text: string): unknown {
  let position = 0;
  const rest = (): string => text.slice(position, position + 20);

  function token(pattern: RegExp): string | undefined {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) position += found.length;
    return found;
  }

  function expectMark(mark: string): void {
    token(/\s*/y);
    if (text[position] !== mark) throw new SyntaxError(`${mark} was expected at ${position}: ${rest()}`);
    position += 1;
  }

  function isNext(mark: string): boolean {
    token(/\s*/y);
    if (text[position] !== mark) return false;
    position += 1;
    return true;
  }

  function stringValue(): string {
    token(/\s*/y);
    const found = token(/"(?:[^"\\]|\\.)*"/y);
    if (found === undefined) throw new SyntaxError(`a string was expected at ${position}: ${rest()}`);
    return JSON.parse(found) as string;
  }

  function objectValue(): Record<string, unknown> {
    const made: Record<string, unknown> = {};
    if (isNext('}')) return made;
    do {
      const key = stringValue();
      expectMark(':');
      let name = key;
      for (let count = 2; Object.hasOwn(made, name); count += 1) name = `${key}#${count}`;
      made[name] = value();
    } while (isNext(','));
    expectMark('}');
    return made;
  }

  function listValue(): unknown[] {
    const made: unknown[] = [];
    if (isNext(']')) return made;
    do made.push(value());
    while (isNext(','));
    expectMark(']');
    return made;
  }

  function value(): unknown {
    if (isNext('{')) return objectValue();
    if (isNext('[')) return listValue();
    if (text[position] === '"') return stringValue();
    const found = token(/(?:true|false|null|-?\d[-+.\deE]*)/y);
    if (found === undefined) throw new SyntaxError(`a value was expected at ${position}: ${rest()}`);
    return JSON.parse(found) as unknown;
  }

  const made = value();
  token(/\s*/y);
  if (position !== text.length) throw new SyntaxError(`nothing was expected at ${position}: ${rest()}`);
  return made;
}
