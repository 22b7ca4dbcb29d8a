/** What the API must know besides the cluster's records. */
export interface ApiSettings {
  incarnation: string;
  /** For the single points of failure: parts that the API cannot see from inside. */
  natsServers: number;
  apiReplicas: number;
  /** File of mode 600 with the one bearer token. */
  tokenFile: string;
  /** PEM files; null: plain HTTP, for tests on the loopback only. */
  tls: { certFile: string; keyFile: string } | null;
  /** Where to listen: an address, or a socket that this process has inherited. */
  http: { address: string; port: number } | { fd: number };
}

export const apiSettings = Symbol('ApiSettings');
export const apiBus = Symbol('Bus');
