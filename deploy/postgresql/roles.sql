-- A role for each service. `headrow migrate`, which owns the schemas, lets each read and write its own and nothing else.
--
-- For psql, in Headrow's database and before `headrow migrate`, as its owner if they may create roles, or else as a
-- superuser; it can run again:
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
GRANT CONNECT ON DATABASE :"DBNAME" TO pg_monitor; -- who only looks how the server is, such as CloudNativePG's exporter

COMMIT;
