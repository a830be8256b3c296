"""Runs the migrations of one service on the connection that `upgrades.upgrade` hands over."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
# One transaction for all of them, on SQLite too, where Alembic would commit each by itself and let another process in.
context.configure(connection=connection, transactional_ddl=True, transaction_per_migration=False, render_as_batch=True)
with context.begin_transaction():
    # Two processes may start at once: the second waits, and then finds nothing to do. On SQLite BEGIN takes the lock.
    if connection.dialect.name == "postgresql":
        # A migration of many rows may take its time; but for a table that is in use it does not make all others wait.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('headrow.migrate'))"))
        connection.execute(text("SET LOCAL lock_timeout = '4s'"))
    context.run_migrations()
