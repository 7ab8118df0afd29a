"""What came of open questions: the draft that answers them, the topic that they became, when that was offered."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("open_question") as table:
        table.add_column(sa.Column("entry_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        table.add_column(sa.Column("agenda_item_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("offered_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("offer_again_on", sa.Date(), nullable=True))
        table.create_foreign_key(
            op.f("fk_open_question_entry_id_knowledge_entry"),
            "knowledge_entry",
            ["entry_id"],
            ["id"],
            ondelete="SET NULL",
        )
        table.create_foreign_key(
            op.f("fk_open_question_agenda_item_id_agenda_item"),
            "agenda_item",
            ["agenda_item_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("open_question") as table:
        table.drop_constraint(op.f("fk_open_question_agenda_item_id_agenda_item"), type_="foreignkey")
        table.drop_constraint(op.f("fk_open_question_entry_id_knowledge_entry"), type_="foreignkey")
        for column in ("offer_again_on", "offered_on", "agenda_item_id", "entry_id"):
            table.drop_column(column)
