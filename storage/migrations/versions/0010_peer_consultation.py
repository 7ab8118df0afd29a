"""Peer consultation: rounds, cases, groups and how far they are."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import storage.models.columns

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consultation_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_feedback")),
    )
    with op.batch_alter_table("consultation_feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consultation_feedback_month"), ["month"], unique=False)

    op.create_table(
        "consultation_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("format", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("closes_at", storage.models.columns.Instant(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_reminded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_round")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "consultation_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("format", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("wished", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("may_relay", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("waiting_since", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_consultation_case_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_case")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("consultation_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consultation_case_person_id"), ["person_id"], unique=False)

    op.create_table(
        "consultation_follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_consultation_follow_up_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_follow_up")),
    )
    with op.batch_alter_table("consultation_follow_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consultation_follow_up_person_id"), ["person_id"], unique=False)

    op.create_table(
        "participation",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("can_moderate", sa.Boolean(), nullable=False),
        sa.Column("leads", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("is_reserve", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_participation_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["consultation_round.id"],
            name=op.f("fk_participation_round_id_consultation_round"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("round_id", "person_id", name=op.f("pk_participation")),
    )
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_participation_person_id"), ["person_id"], unique=False)

    op.create_table(
        "partners",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("other_person_id", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("delete_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["other_person_id"], ["person.id"], name=op.f("fk_partners_other_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_partners_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "other_person_id", name=op.f("pk_partners")),
    )
    with op.batch_alter_table("partners", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_partners_other_person_id"), ["other_person_id"], unique=False)

    op.create_table(
        "round_post",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("conversation_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["consultation_round.id"],
            name=op.f("fk_round_post_round_id_consultation_round"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_round_post")),
    )
    with op.batch_alter_table("round_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_post_round_id"), ["round_id"], unique=False)

    op.create_table(
        "case_veto",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["consultation_case.id"],
            name=op.f("fk_case_veto_case_id_consultation_case"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_case_veto_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_case_veto")),
    )
    with op.batch_alter_table("case_veto", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_veto_person_id"), ["person_id"], unique=False)

    op.create_table(
        "consultation_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("phase", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lap", sa.Integer(), nullable=False),
        sa.Column("phase_until", storage.models.columns.Instant(timezone=True), nullable=True),
        sa.Column("paused_at", storage.models.columns.Instant(timezone=True), nullable=True),
        sa.Column("turned_at", storage.models.columns.Instant(timezone=True), nullable=True),
        sa.Column("turned_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("method", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("meets_at", storage.models.columns.Instant(timezone=True), nullable=True),
        sa.Column("closes_at", storage.models.columns.Instant(timezone=True), nullable=True),
        sa.Column("room_key", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["consultation_case.id"],
            name=op.f("fk_consultation_group_case_id_consultation_case"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["consultation_round.id"],
            name=op.f("fk_consultation_group_round_id_consultation_round"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_group")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("consultation_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consultation_group_room_key"), ["room_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_consultation_group_round_id"), ["round_id"], unique=False)

    op.create_table(
        "date_answer",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["consultation_group.id"],
            name=op.f("fk_date_answer_group_id_consultation_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_date_answer_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "person_id", "number", name=op.f("pk_date_answer")),
    )
    with op.batch_alter_table("date_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_date_answer_person_id"), ["person_id"], unique=False)

    op.create_table(
        "group_date",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("begins_at", storage.models.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["consultation_group.id"],
            name=op.f("fk_group_date_group_id_consultation_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "number", name=op.f("pk_group_date")),
    )
    op.create_table(
        "group_member",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("can_moderate", sa.Boolean(), nullable=False),
        sa.Column("has_promised", sa.Boolean(), nullable=False),
        sa.Column("is_inside", sa.Boolean(), nullable=False),
        sa.Column("is_relayed", sa.Boolean(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("has_left", sa.Boolean(), nullable=False),
        sa.Column("wants_reminders", sa.Boolean(), nullable=False),
        sa.Column("reminded_at", sa.Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["consultation_group.id"],
            name=op.f("fk_group_member_group_id_consultation_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_group_member_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "person_id", name=op.f("pk_group_member")),
    )
    with op.batch_alter_table("group_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_member_person_id"), ["person_id"], unique=False)

    op.create_table(
        "group_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("lap", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("said", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["consultation_group.id"],
            name=op.f("fk_group_note_group_id_consultation_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_note")),
    )
    with op.batch_alter_table("group_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_note_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_group_note_said"), ["said"], unique=False)

    op.create_table(
        "group_place",
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("conversation_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["consultation_group.id"],
            name=op.f("fk_group_place_group_id_consultation_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_group_place_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("platform", "conversation_id", name=op.f("pk_group_place")),
    )
    with op.batch_alter_table("group_place", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_place_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_group_place_person_id"), ["person_id"], unique=False)

    op.create_table(
        "group_post",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("shows", sa.String(), nullable=False),
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("conversation_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.Column("said", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("delete_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["consultation_group.id"],
            name=op.f("fk_group_post_group_id_consultation_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_group_post")),
    )
    with op.batch_alter_table("group_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_post_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_group_post_said"), ["said"], unique=False)

    op.create_table(
        "group_step",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("step", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["consultation_group.id"],
            name=op.f("fk_group_step_group_id_consultation_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "step", name=op.f("pk_group_step")),
    )
    op.create_table(
        "phase_voice",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("wish", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["consultation_group.id"],
            name=op.f("fk_phase_voice_group_id_consultation_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_phase_voice_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "person_id", "wish", name=op.f("pk_phase_voice")),
    )
    with op.batch_alter_table("phase_voice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phase_voice_person_id"), ["person_id"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("phase_voice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_phase_voice_person_id"))

    op.drop_table("phase_voice")
    op.drop_table("group_step")
    with op.batch_alter_table("group_post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_post_said"))
        batch_op.drop_index(batch_op.f("ix_group_post_group_id"))

    op.drop_table("group_post")
    with op.batch_alter_table("group_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_place_person_id"))
        batch_op.drop_index(batch_op.f("ix_group_place_group_id"))

    op.drop_table("group_place")
    with op.batch_alter_table("group_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_note_said"))
        batch_op.drop_index(batch_op.f("ix_group_note_group_id"))

    op.drop_table("group_note")
    with op.batch_alter_table("group_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_member_person_id"))

    op.drop_table("group_member")
    op.drop_table("group_date")
    with op.batch_alter_table("date_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_date_answer_person_id"))

    op.drop_table("date_answer")
    with op.batch_alter_table("consultation_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consultation_group_round_id"))
        batch_op.drop_index(batch_op.f("ix_consultation_group_room_key"))

    op.drop_table("consultation_group")
    with op.batch_alter_table("case_veto", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_veto_person_id"))

    op.drop_table("case_veto")
    with op.batch_alter_table("round_post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_post_round_id"))

    op.drop_table("round_post")
    with op.batch_alter_table("partners", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_partners_other_person_id"))

    op.drop_table("partners")
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_participation_person_id"))

    op.drop_table("participation")
    with op.batch_alter_table("consultation_follow_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consultation_follow_up_person_id"))

    op.drop_table("consultation_follow_up")
    with op.batch_alter_table("consultation_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consultation_case_person_id"))

    op.drop_table("consultation_case")
    op.drop_table("consultation_round")
    with op.batch_alter_table("consultation_feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consultation_feedback_month"))

    op.drop_table("consultation_feedback")
