/**
 * What Floorwalker is measured beside: node:http and pg, the same SQL, objects, JSON.stringify. It is told over IPC which
 * database and which statements; `@id` and `@key` among a statement's values stand for what the URL says.
 *
 *   GET /one/<statement>/<id>       one row
 *   GET /rows/<statement>/<key>     many; columns of a parent, by position, become an object of their own
 */
import { createServer } from 'node:http';
import process from 'node:process';
import pg from 'pg';

process.once('message', ({ url, poolSize, statements }) => {
  const pool = new pg.Pool({ connectionString: url, max: poolSize });
  pool.on('error', () => undefined);
  const run = async (name, said) => {
    const { text, values, isPrepared } = statements[name];
    const { rows } = await pool.query({
      ...(isPrepared ? { name } : {}),
      text,
      values: values.map((value) => (value === '@id' || value === '@key' ? said : value)),
    });
    return rows;
  };
  const answer = async (path) => {
    const [, kind, name, said] = path.split('/');
    const rows = await run(name, said);
    if (kind === 'one') return rows[0];
    const { parent } = statements[name];
    const records =
      parent === null
        ? rows
        : rows.map(({ [parent.id]: id, [parent.name]: agent, ...row }) => ({
            ...row,
            Agent: { id, name: agent },
          }));
    return { totalSize: records.length, done: true, records };
  };
  const server = createServer((request, response) => {
    answer(request.url).then(
      (value) => {
        const body = Buffer.from(JSON.stringify(value));
        response.writeHead(200, {
          'content-type': 'application/json;charset=UTF-8',
          'content-length': body.length,
        });
        response.end(body);
      },
      (error) => {
        response.writeHead(500);
        response.end(String(error));
      },
    );
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.once('disconnect', () => process.exit());
});
