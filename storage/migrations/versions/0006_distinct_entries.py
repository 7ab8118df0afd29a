"""Pairs of entries that look alike, and of which somebody said that they are not the same."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "distinct_entries",
        sa.Column("one", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("other", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["one"], ["knowledge_entry.id"], name=op.f("fk_distinct_entries_one_knowledge_entry"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other"],
            ["knowledge_entry.id"],
            name=op.f("fk_distinct_entries_other_knowledge_entry"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_distinct_entries")),
    )


def downgrade() -> None:
    op.drop_table("distinct_entries")
