"""Conversations that others took the place of."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import storage.models.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversation_move",
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("old_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("new_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("moved_at", storage.models.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "old_id", name=op.f("pk_conversation_move")),
    )


def downgrade() -> None:
    op.drop_table("conversation_move")
