/**
 * Functions of pg_catalog that PUBLIC may execute in a fresh PostgreSQL, and users of a twin may not: they reach outside
 * of the twin, run SQL that nobody has analysed, hold resources, or write. Regular expressions over pg_proc.proname.
 * test/compiler/sandbox.test.ts demands that every volatile function is either here or in KEPT.
 */
export type Revoked = { readonly names: RegExp; readonly reason: string }

export const REVOKED: readonly Revoked[] = [
  { names: /^set_config$/, reason: "settings are the session's: a backend serves several" },
  { names: /^(query|table|cursor|schema|database)_to_xml/, reason: 'runs SQL given as text' },
  { names: /^(ts_stat|ts_rewrite)$/, reason: 'runs SQL given as text' },
  { names: /^pg_sleep(_for|_until)?$/, reason: 'holds a backend' },
  {
    names: /^pg_(try_)?advisory_(?!unlock_all$)/,
    reason: 'locks in a twin mean nothing to other proxies, and hold a backend',
  },
  { names: /^pg_(terminate|cancel)_backend$/, reason: 'backends of a user serve several sessions' },
  { names: /^pg_notify$|^pg_notification_queue_usage$/, reason: 'writes; nobody listens in a twin' },
  { names: /^(lo_.*|loread|lowrite)$/, reason: 'large objects are files of the twin' },
  {
    names: /^pg_(export_snapshot|import_system_collations|nextoid|stop_making_pinned_objects)$/,
    reason: 'changes the twin',
  },
  { names: /^pg_(clear|restore)_(attribute|relation)_stats$/, reason: 'changes the twin' },
  { names: /^pg_extension_config_dump$/, reason: 'changes the twin' },
  { names: /^(brin_(de)?summarize_.*|gin_clean_pending_list)$/, reason: 'changes the twin' },
  {
    // Views that everybody may read call the first two.
    names:
      /^pg_(?!(get_replication_slots|stat_get_replication_slot)$).*replication_(slot|slots|origin).*$|^pg_replication_slot_advance$/,
    reason: "replication is no business of a user's",
  },
  { names: /^pg_logical_/, reason: "replication is no business of a user's" },
  { names: /^pg_(available_wal_summaries|wal_summary_contents|get_wal_.*)$/, reason: 'reads the files of the twin' },
  { names: /^pg_control_/, reason: 'reads the files of the twin' },
  { names: /^pg_get_loaded_modules$/, reason: 'tells paths of the machine' },
  { names: /^binary_upgrade_/, reason: 'for pg_upgrade only' },
  { names: /^plpgsql_/, reason: 'no code of users runs in a twin' },
]

/** Volatile functions that stay: they read, or PostgreSQL itself refuses what they would write in a read-only transaction. */
export const KEPT: readonly RegExp[] = [
  /^(clock_timestamp|timeofday|random|random_normal|setseed|gen_random_uuid|uuidv[47]|array_(sample|shuffle))$/,
  /^(nextval|setval|currval|lastval|pg_sequence_last_value|pg_get_sequence_data)$/,
  // asyncpg calls it when a connection goes back to its pool: there is never a lock to give back
  /^pg_advisory_unlock_all$/,
  /^(current_query|currtid2|amvalidate|bernoulli|system)$/,
  /^pg_(database|indexes|relation|table|tablespace|total_relation)_size$/,
  /^pg_stat_(get_.*|clear_snapshot|force_next_flush)$/,
  /^pg_(blocking_pids|safe_snapshot_blocking_pids|isolation_test_session_is_blocked|lock_status|get_wait_events)$/,
  /^pg_(collation|database_collation)_actual_version$/,
  /^pg_(is_in_recovery|is_wal_replay_paused|current_wal_.*|last_wal_.*|last_xact_replay_timestamp)$/,
  /^pg_(jit_available|partition_ancestors|partition_tree|prepared_xact|xact_status|get_multixact_members)$/,
  /^pg_(last_committed_xact|xact_commit_timestamp.*)$|^txid_status$/,
]
