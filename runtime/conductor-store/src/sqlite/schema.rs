//! The tables, and how older ones become these.

/// The version of the tables that this program reads and writes.
pub const VERSION: u32 = 2;

/// `LWst`: marks the file as a Linework store.
pub const APPLICATION_ID: i64 = 0x4c57_7374;

/// `MIGRATIONS[n]` turns version n into version n + 1; the first makes a store out of an empty file.
pub const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO meta VALUES ('epoch', '0');

    CREATE TABLE deployments (
        name TEXT PRIMARY KEY,
        generation INTEGER NOT NULL,
        plan TEXT,
        body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE generations (
        deployment TEXT NOT NULL,
        generation INTEGER NOT NULL,
        plan TEXT,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (deployment, generation)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE plans (
        hash TEXT PRIMARY KEY,
        composition TEXT NOT NULL,
        environment TEXT,
        at_ms INTEGER NOT NULL,
        lz4 BLOB NOT NULL
    ) STRICT;

    CREATE TABLE resources (
        uid TEXT NOT NULL UNIQUE,
        deployment TEXT NOT NULL,
        path TEXT NOT NULL,
        type TEXT NOT NULL,
        physical_id TEXT,
        status TEXT NOT NULL,
        revision INTEGER NOT NULL,
        body TEXT NOT NULL,
        observed TEXT
    ) STRICT;
    CREATE INDEX resources_by_deployment ON resources (deployment, path);

    CREATE TABLE names (
        name TEXT NOT NULL,
        property TEXT NOT NULL,
        uid TEXT NOT NULL REFERENCES resources (uid) ON DELETE CASCADE,
        deployment TEXT NOT NULL,
        PRIMARY KEY (name, uid)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX names_by_uid ON names (uid);

    CREATE TABLE operations (
        id TEXT PRIMARY KEY,
        deployment TEXT NOT NULL,
        uid TEXT NOT NULL,
        path TEXT NOT NULL,
        verb TEXT NOT NULL,
        state TEXT NOT NULL,
        problem TEXT,
        created_at_ms INTEGER NOT NULL,
        closed_at_ms INTEGER,
        body TEXT
    ) STRICT;
    CREATE INDEX operations_open ON operations (deployment, created_at_ms) WHERE closed_at_ms IS NULL;

    CREATE TABLE events (
        deployment TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        previous TEXT NOT NULL,
        body TEXT NOT NULL,
        hash TEXT NOT NULL,
        PRIMARY KEY (deployment, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE checkpoints (
        deployment TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        hash TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (deployment, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE incidents (
        id INTEGER PRIMARY KEY,
        deployment TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        uid TEXT,
        path TEXT,
        detail TEXT NOT NULL,
        resolved_at_ms INTEGER
    ) STRICT;
    CREATE INDEX incidents_by_deployment ON incidents (deployment, at_ms);

    CREATE TABLE variables (
        deployment TEXT NOT NULL,
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        value TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (deployment, name, version)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE leases (
        name TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        expires_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    -- What an incident is about: at most one about each is open.
    ALTER TABLE incidents ADD COLUMN key TEXT NOT NULL DEFAULT '';
    CREATE UNIQUE INDEX incidents_open ON incidents (deployment, key) WHERE resolved_at_ms IS NULL AND key <> '';

    -- What is still to be told to somebody, as it was when it happened.
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        incident INTEGER NOT NULL,
        target TEXT NOT NULL,
        body TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        due_at_ms INTEGER NOT NULL,
        problem TEXT
    ) STRICT;
    CREATE INDEX deliveries_due ON deliveries (due_at_ms);

    CREATE TABLE pauses (
        deployment TEXT PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        until_ms INTEGER NOT NULL,
        reason TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
];
