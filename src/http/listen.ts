import type { Server } from 'node:http';
import { HaiosError } from '../core/errors.ts';

/** How many ports after the preferred one are tried. */
const search = 20;

/** Throws PORT_INVALID unless the port is 0 (any free one) or 1024 to 65535. */
export function checkPort(port: number): void {
  if (Number.isInteger(port) && (port === 0 || (port >= 1024 && port <= 65_535))) return;
  throw new HaiosError(
    'PORT_INVALID',
    `Port ${port} cannot be used; give a number from 1024 to 65535 with --port N, or 0 for any free one.`,
  );
}

/** Binds to the port, or to the next free one. Throws PORT_INVALID when all of them are taken. */
export async function listenNear(server: Server, port: number, address: string): Promise<void> {
  const last = port === 0 ? 0 : Math.min(port + search, 65_535);
  for (let candidate = port; candidate <= last; candidate += 1) {
    if (await tryListen(server, candidate, address)) return;
  }
  throw new HaiosError(
    'PORT_INVALID',
    `Ports ${port} to ${last} on ${address} are all in use; give another with --port N, or 0 for any free one.`,
  );
}

/** False if somebody else has the port. Throws PORT_INVALID for an address that cannot be listened on. */
export function tryListen(server: Server, port: number, address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening);
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else
        reject(
          new HaiosError(
            'PORT_INVALID',
            `The address ${address}:${port} cannot be listened on (${error.code ?? error.message}); give another with --listen or --port.`,
            { cause: error },
          ),
        );
    };
    const onListening = (): void => {
      server.off('error', onError);
      resolve(true);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen({ port, host: address, exclusive: true });
  });
}

/** Stops taking connections, lets requests end, and cuts what is left after the time given. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), 25);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
