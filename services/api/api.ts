import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Bus } from '@holdfast/bus';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { ApiModule } from './app.module.js';
import { guardEdge } from './edge.js';
import { readToken } from './http/token.js';
import type { ApiSettings } from './settings.js';

export interface RunningApi {
  /** For example `https://127.0.0.1:8443`. */
  url: string;
  close(): Promise<void>;
}

/** The API on a bus, ready to listen. The bus stays the caller's to close. */
export async function createApi(
  settings: ApiSettings,
  bus: Bus,
): Promise<{ listen(): Promise<RunningApi> }> {
  const token = await readToken(settings.tokenFile);
  const { tls } = settings;
  const app = await NestFactory.create<NestExpressApplication>(
    ApiModule.of(settings, bus),
    new ExpressAdapter(),
    {
      bodyParser: false,
      forceCloseConnections: true,
      abortOnError: false,
      logger: ['error', 'warn'],
      ...(tls
        ? {
            httpsOptions: {
              cert: await readFile(tls.certFile),
              key: await readFile(tls.keyFile),
            },
          }
        : {}),
    },
  );
  guardEdge(app, token);
  return {
    async listen(): Promise<RunningApi> {
      await app.init();
      const server = app.getHttpServer();
      const place =
        'fd' in settings.http
          ? { fd: settings.http.fd }
          : { host: settings.http.address, port: settings.http.port };
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(place, () => {
          server.off('error', reject);
          resolve();
        });
      });
      const { address, port, family } = server.address() as AddressInfo;
      const host = family === 'IPv6' ? `[${address}]` : address;
      return {
        url: `${tls ? 'https' : 'http'}://${host}:${port}`,
        close: () => app.close(),
      };
    },
  };
}
