"""What came of a message, so that its deletion can take that along."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deleted_message",
        sa.Column("answer_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("deleted_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("answer_key", name=op.f("pk_deleted_message")),
    )
    op.create_table(
        "follow_up",
        sa.Column("answer_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("follows", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("answer_key", name=op.f("pk_follow_up")),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_follows"), ["follows"], unique=False)

    with op.batch_alter_table("open_question", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answer_key", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.create_index(batch_op.f("ix_open_question_answer_key"), ["answer_key"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("open_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_open_question_answer_key"))
        batch_op.drop_column("answer_key")

    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_up_follows"))

    op.drop_table("follow_up")
    op.drop_table("deleted_message")
