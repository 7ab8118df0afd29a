"""Where Alembic finds our tables; always run with a connection that `storage.database` hands over."""

from alembic import context
from sqlmodel import SQLModel

import storage.models.addresses
import storage.models.agenda
import storage.models.jour_fixe
import storage.models.knowledge
import storage.models.mailbox
import storage.models.minutes
import storage.models.peer_consultation
import storage.models.people
import storage.models.questions
import storage.models.requests
import storage.models.rooms
import storage.models.routing  # noqa: F401 - the imports fill the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,  # SQLite cannot alter columns in place
)
with context.begin_transaction():
    context.run_migrations()
