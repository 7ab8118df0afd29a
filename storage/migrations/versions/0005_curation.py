"""Learned wordings, the people behind entries, numbers of entries, texts that an offer asks for, topics."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import storage.models.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agenda_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_item")),
    )
    op.create_table(
        "known_conversation",
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("conversation_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("person", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("platform", "conversation_id", name=op.f("pk_known_conversation")),
    )
    op.create_index("ix_known_conversation_person", "known_conversation", ["platform", "person"])
    op.create_table(
        "learned_map",
        sa.Column("model", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("trained_at", storage.models.columns.Instant(timezone=True), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_learned_map")),
    )
    op.create_table(
        "wording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("fits", sa.Boolean(), nullable=False),
        sa.Column("answer_key", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("learned_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["knowledge_entry.id"], name=op.f("fk_wording_entry_id_knowledge_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording")),
    )
    op.create_index(op.f("ix_wording_entry_id"), "wording", ["entry_id"])
    op.create_index(op.f("ix_wording_answer_key"), "wording", ["answer_key"])
    op.create_table(
        "entry_person",
        sa.Column("entry_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("person", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["knowledge_entry.id"],
            name=op.f("fk_entry_person_entry_id_knowledge_entry"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "part", name=op.f("pk_entry_person")),
    )
    op.create_table(
        "entry_origin",
        sa.Column("answer_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("entry_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["knowledge_entry.id"],
            name=op.f("fk_entry_origin_entry_id_knowledge_entry"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("answer_key", "entry_id", name=op.f("pk_entry_origin")),
    )
    op.add_column("pending_offer", sa.Column("asks", sa.JSON(), nullable=True))
    op.add_column("knowledge_vectors", sa.Column("refused", sa.LargeBinary(), nullable=False, server_default=""))
    op.add_column("knowledge_entry", sa.Column("variants", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("knowledge_entry", sa.Column("reported_on", sa.Date(), nullable=True))
    op.add_column("knowledge_entry", sa.Column("asked_on", sa.Date(), nullable=True))
    op.add_column("knowledge_entry", sa.Column("number", sa.Integer(), nullable=True))
    # In the order in which they came; ids break ties of one import.
    op.execute(
        "UPDATE knowledge_entry SET number = (SELECT count(*) FROM knowledge_entry AS other "
        "WHERE other.change < knowledge_entry.change "
        "OR (other.change = knowledge_entry.change AND other.id <= knowledge_entry.id))"
    )
    with op.batch_alter_table("knowledge_entry") as table:
        table.alter_column("number", existing_type=sa.Integer(), nullable=False)
        table.create_unique_constraint(op.f("uq_knowledge_entry_number"), ["number"])


def downgrade() -> None:
    with op.batch_alter_table("knowledge_entry") as table:
        table.drop_constraint(op.f("uq_knowledge_entry_number"), type_="unique")
        for column in ("number", "asked_on", "reported_on", "variants"):
            table.drop_column(column)
    op.drop_column("knowledge_vectors", "refused")
    op.drop_column("pending_offer", "asks")
    for name in ("entry_origin", "entry_person", "wording", "learned_map", "known_conversation", "agenda_item"):
        op.drop_table(name)
