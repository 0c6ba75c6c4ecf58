// Functions of yours that run inside a namespace: values, a server and a request to it, iterators.
// Prints:
//   lo is there, and nothing else
//   1 + 2 = 3
//   greeting: hello from 127.0.0.1
//   1 2 3
import { Namespace } from 'netlane';

const blue = await Namespace.create({ loopback: true });
try {
  const inside = await blue.run(() => process.getBuiltinModule('node:os').networkInterfaces());
  const sum = await blue.run((one, two) => one + two, { args: [1, 2] });
  console.log(`${Object.keys(inside)} is there, and nothing else\n1 + 2 = ${sum}`);

  const server = await blue.run(async function* () {
    const { createServer } = await import('node:http');
    const listening = createServer(({ socket }, response) => response.end(`hello from ${socket.remoteAddress}`));
    yield await new Promise((resolve) => listening.listen(0, '127.0.0.1', () => resolve(listening.address().port)));
  });
  const { value: port } = await server.next();
  const text = await blue.run(
    async (url) => {
      const { basename } = await import('node:path');
      const response = await fetch(url);
      return `${basename(url)}: ${await response.text()}`;
    },
    { args: [`http://127.0.0.1:${port}/greeting`], timeout: 10_000 },
  );
  console.log(text);
  await server.return();
  const count = async function* (most) {
    for (let number = 1; number <= most; number++) yield number;
  };
  const numbers = [];
  for await (const number of await blue.run(count, { args: [1000] })) if (numbers.push(number) === 3) break;
  console.log(...numbers);
} finally {
  await blue.close();
}
