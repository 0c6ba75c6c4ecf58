import { Namespace } from 'netlane';

// The kernel's refusal with its own explanation. Errors are told apart by `code`.
const blue = await Namespace.create();
try {
  const route = await blue.route();
  await route.links.set({ name: 'lo' }, { mtu: 4_294_967_295 });
} catch (error) {
  if (error.code !== 'EINVAL') throw error;
  console.log(error.message);
} finally {
  await blue.close();
}
