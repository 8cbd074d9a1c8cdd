-- 'Mlrc': lets anybody see whose file it is.
PRAGMA application_id = 1298952803;

-- What each resource is now. The text of its spec is in its own table: status changes far more
-- often than the spec, and the code of a function can be long.
CREATE TABLE resource (
    kind       TEXT    NOT NULL,
    project    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    uid        TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    title      TEXT    NOT NULL,
    labels     TEXT    NOT NULL,
    created_at TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    PRIMARY KEY (kind, project, name)
) WITHOUT ROWID;

CREATE UNIQUE INDEX resource_uid ON resource (uid);

-- Written once for each generation; kept while a resource or a change needs it.
CREATE TABLE spec (
    uid        TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    PRIMARY KEY (uid, generation)
);

-- The newest changes, for watchers that come back. Revisions have no gaps.
CREATE TABLE change (
    revision   INTEGER NOT NULL PRIMARY KEY,
    deleted    INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    project    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    uid        TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    seen       INTEGER NOT NULL,
    title      TEXT    NOT NULL,
    labels     TEXT    NOT NULL,
    created_at TEXT    NOT NULL,
    status     TEXT    NOT NULL
);

CREATE INDEX change_spec ON change (uid, generation);
