"""The bus: what every service stands on, with no word of the domain in it.

Pure modules (import neither nameko nor kombu nor eventlet): answers, clock, correlation, database, envelope,
migrations, models, outbox, paging, refusals, schemas, settings. The rest runs them.
"""
