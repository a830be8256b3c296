-- A role for each service, which reads and writes its own schema and nothing else.
--
-- For psql, as the role that `headrow migrate` runs as, in Headrow's database; it can run again at any time:
--
--   psql --file deploy/postgresql/roles.sql "$HEADROW_DATABASE"
--
-- The passwords come from the environment: see `headrow secrets`. The gateway has no role: it has no database.

\set ON_ERROR_STOP on
\set catalogue ''
\set registration ''
\set notifications ''
\set community ''
\getenv catalogue CATALOGUE_POSTGRES_PASSWORD
\getenv registration REGISTRATION_POSTGRES_PASSWORD
\getenv notifications NOTIFICATIONS_POSTGRES_PASSWORD
\getenv community COMMUNITY_POSTGRES_PASSWORD

SELECT '' IN (:'catalogue', :'registration', :'notifications', :'community') AS lacks_a_password \gset
\if :lacks_a_password
    DO $$ BEGIN RAISE 'set CATALOGUE_POSTGRES_PASSWORD, REGISTRATION_…, NOTIFICATIONS_… and COMMUNITY_POSTGRES_PASSWORD';
    END $$;
\endif

BEGIN;
SET LOCAL client_min_messages = warning;

SELECT format('CREATE ROLE %I', role)
FROM unnest(ARRAY['headrow_catalogue', 'headrow_registration', 'headrow_notifications', 'headrow_community']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec

ALTER ROLE headrow_catalogue LOGIN NOINHERIT PASSWORD :'catalogue';
ALTER ROLE headrow_registration LOGIN NOINHERIT PASSWORD :'registration';
ALTER ROLE headrow_notifications LOGIN NOINHERIT PASSWORD :'notifications';
ALTER ROLE headrow_community LOGIN NOINHERIT PASSWORD :'community';

REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME"
    TO headrow_catalogue, headrow_registration, headrow_notifications, headrow_community;

CREATE SCHEMA IF NOT EXISTS catalogue;
CREATE SCHEMA IF NOT EXISTS registration;
CREATE SCHEMA IF NOT EXISTS notifications;
CREATE SCHEMA IF NOT EXISTS community;

-- For each service: its schema, what is in it, and what this role will make in it.
SELECT format(grants, service, 'headrow_' || service)
FROM unnest(ARRAY['catalogue', 'registration', 'notifications', 'community']) AS service,
    unnest(ARRAY[
        'GRANT USAGE ON SCHEMA %1$I TO %2$I',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %1$I TO %2$I',
        'GRANT USAGE ON ALL SEQUENCES IN SCHEMA %1$I TO %2$I',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA %1$I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %2$I',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA %1$I GRANT USAGE ON SEQUENCES TO %2$I'
    ]) AS grants \gexec

COMMIT;
