"""Runs the migrations of one service on the connection that `upgrades.upgrade` hands over."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=False, render_as_batch=True)
with context.begin_transaction():
    if connection.dialect.name == "postgresql":
        # Two processes may start at once: the second waits, and then finds nothing to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('headrow.migrate'))"))
    context.run_migrations()
