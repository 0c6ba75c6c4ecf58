// Names are looked up inside the namespace, with its own files where it has any.
// Prints:
//   localhost is 127.0.0.1
//   10.0.0.1 is an address of IPv4 already
//   www.example.org cannot be looked up without a network: …
import { Namespace } from 'netlane';

const blue = await Namespace.create({ loopback: true });
try {
  const { address } = await blue.lookup('localhost', { family: 4 });
  console.log(`localhost is ${address}`);

  const literal = await blue.lookup('10.0.0.1');
  console.log(`${literal.address} is an address of IPv${literal.family} already`);

  try {
    await blue.lookup('www.example.org', { timeout: 10_000 });
  } catch (error) {
    console.log(`www.example.org cannot be looked up without a network: ${error.code}`);
  }
} finally {
  await blue.close();
}
