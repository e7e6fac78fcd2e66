/**
 * PostgreSQL's settings, given on its command line so that an upgrade of ours changes them. What is not named here
 * stays at PostgreSQL's default or at what the operator wrote into cluster/postgresql.conf.
 * Invariant: no statement text, parameter or row content reaches PostgreSQL's log (chat text and tokens are in them).
 */

/** `name=value` pairs for `postgres -c`. */
export function settingsOf(options: { durable: boolean; maxConnections: number }): string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: '',
    unix_socket_permissions: '0700',
    max_connections: options.maxConnections,
    shared_buffers: '128MB',
    // Not POSIX shared memory: containers give /dev/shm 64 MB, and a parallel query then fails. macOS limits SysV.
    dynamic_shared_memory_type: process.platform === 'linux' ? 'sysv' : 'posix',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Start, stop, recovery and FATAL only: an ERROR quotes the value it refuses.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(settings).map(([name, value]) => `${name}=${value}`);
}
