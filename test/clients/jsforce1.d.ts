/** What the tests use of jsforce 1.11, which comes without types. */
declare module 'jsforce1' {
  type Values = Record<string, unknown>;
  interface SoapApi1 {
    create(records: Values | Values[]): Promise<Values & Values[]>;
    update(records: Values | Values[]): Promise<Values & Values[]>;
    delete(ids: string | string[]): Promise<Values & Values[]>;
    emptyRecycleBin(ids: string[]): Promise<Values[]>;
    describeTabs(): Promise<Values[]>;
    getServerTimestamp(): Promise<Values>;
    getUserInfo(): Promise<Values>;
    setPassword(userId: string, password: string): Promise<unknown>;
  }
  export class Connection {
    constructor(options: { loginUrl: string; version: string });
    readonly accessToken: string;
    readonly soap: SoapApi1;
    login(username: string, password: string): Promise<{ id: string; organizationId: string }>;
    logout(): Promise<void>;
    query(soql: string): Promise<{ totalSize: number; records: Values[] }>;
  }
}
