"""The jour fixe: series and meetings, agendas and votes, minutes and tasks."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import sqlmodel
from alembic import op

import storage.models.columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


@contextmanager
def _questions_kept() -> Iterator[None]:
    """SQLite makes the table of topics anew, and would have every question lose the topic that it became."""
    question = sa.table("open_question", sa.column("id"), sa.column("agenda_item_id"))
    topics = op.get_bind().execute(sa.select(question).where(question.c.agenda_item_id.is_not(None))).all()
    yield
    for number, topic in topics:
        op.execute(sa.update(question).where(question.c.id == number).values(agenda_item_id=topic))


def upgrade() -> None:
    op.create_table(
        "jour_fixe",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("zone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("groups", sa.Integer(), nullable=False),
        sa.Column("template", sa.JSON(), nullable=False),
        sa.Column("calendar_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jour_fixe")),
        sa.UniqueConstraint("calendar_id", name=op.f("uq_jour_fixe_calendar_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "calendar_feed",
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("person_id", name=op.f("uq_calendar_feed_person_id")),
    )
    op.create_table(
        "companions",
        sa.Column("jour_fixe_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("other_person_id", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("delete_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["jour_fixe_id"], ["jour_fixe.id"], name=op.f("fk_companions_jour_fixe_id_jour_fixe"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_person_id"], ["person.id"], name=op.f("fk_companions_other_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_companions_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("jour_fixe_id", "person_id", "other_person_id", name=op.f("pk_companions")),
    )
    with op.batch_alter_table("companions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_companions_other_person_id"), ["other_person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_companions_person_id"), ["person_id"], unique=False)
    op.create_table(
        "jour_fixe_room",
        sa.Column("jour_fixe_id", sa.Integer(), nullable=False),
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("conversation_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["jour_fixe_id"],
            ["jour_fixe.id"],
            name=op.f("fk_jour_fixe_room_jour_fixe_id_jour_fixe"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("jour_fixe_id", "platform", "conversation_id", name=op.f("pk_jour_fixe_room")),
    )
    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jour_fixe_id", sa.Integer(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("known_since", storage.models.columns.Instant(timezone=True), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("item_until", storage.models.columns.Instant(timezone=True), nullable=True),
        sa.Column("paused_at", storage.models.columns.Instant(timezone=True), nullable=True),
        sa.Column("turned_at", storage.models.columns.Instant(timezone=True), nullable=True),
        sa.Column("turned_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("conversation_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["jour_fixe_id"], ["jour_fixe.id"], name=op.f("fk_meeting_jour_fixe_id_jour_fixe"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("jour_fixe_id", "planned_on", name=op.f("uq_meeting_jour_fixe_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_day"), ["day"], unique=False)
    op.create_table(
        "rota_place",
        sa.Column("jour_fixe_id", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["jour_fixe_id"], ["jour_fixe.id"], name=op.f("fk_rota_place_jour_fixe_id_jour_fixe"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_rota_place_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("jour_fixe_id", "duty", "person_id", name=op.f("pk_rota_place")),
    )
    with op.batch_alter_table("rota_place", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rota_place_person_id"), ["person_id"], unique=False)
    op.create_table(
        "attendance",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("coming", sa.String(), nullable=True),
        sa.Column("group", sa.Integer(), nullable=True),
        sa.Column("may_be_named", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_attendance_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_attendance_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_attendance")),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendance_person_id"), ["person_id"], unique=False)
    op.create_table(
        "meeting_duty",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_duty_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_meeting_duty_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "duty", name=op.f("pk_meeting_duty")),
    )
    with op.batch_alter_table("meeting_duty", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_duty_person_id"), ["person_id"], unique=False)
    op.create_table(
        "meeting_post",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("shows", sa.String(), nullable=False),
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("conversation_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.Column("shown", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_post_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meeting_post")),
    )
    with op.batch_alter_table("meeting_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_post_meeting_id"), ["meeting_id"], unique=False)
    op.create_table(
        "meeting_step",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("step", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_step_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "step", name=op.f("pk_meeting_step")),
    )
    op.create_table(
        "minutes",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("objections_until", storage.models.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_minutes_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_minutes")),
    )
    with (
        _questions_kept(),
        op.batch_alter_table("agenda_item", table_kwargs={"sqlite_autoincrement": True}) as batch_op,
    ):
        batch_op.add_column(sa.Column("jour_fixe_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("meeting_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("place", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("state", sa.String(), nullable=False, server_default="waiting"))
        batch_op.add_column(sa.Column("goal", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("minutes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("wanted", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("link", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("owner_person_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("is_fixed", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("is_last", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("is_recurring", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("skipped_meeting_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("deferrals", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("points", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_index(batch_op.f("ix_agenda_item_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_agenda_item_owner_person_id"), ["owner_person_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_agenda_item_jour_fixe_id_jour_fixe"),
            "jour_fixe",
            ["jour_fixe_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_agenda_item_owner_person_id_person"),
            "person",
            ["owner_person_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_agenda_item_meeting_id_meeting"), "meeting", ["meeting_id"], ["id"], ondelete="SET NULL"
        )
    op.create_table(
        "ballot",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("poll", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_item.id"], name=op.f("fk_ballot_item_id_agenda_item"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_ballot_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "person_id", "poll", name=op.f("pk_ballot")),
    )
    with op.batch_alter_table("ballot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ballot_person_id"), ["person_id"], unique=False)
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("about", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_item.id"], name=op.f("fk_outcome_item_id_agenda_item"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_outcome_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outcome", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outcome_meeting_id"), ["meeting_id"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("about", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("owner_person_id", sa.Integer(), nullable=True),
        sa.Column("owner_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("remind_on", sa.Date(), nullable=True),
        sa.Column("delete_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_item.id"], name=op.f("fk_task_item_id_agenda_item"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_task_meeting_id_meeting"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["owner_person_id"], ["person.id"], name=op.f("fk_task_owner_person_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_owner_person_id"), ["owner_person_id"], unique=False)
    op.add_column("pending_offer", sa.Column("lasts", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("pending_offer", "lasts")
    with _questions_kept(), op.batch_alter_table("agenda_item") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_agenda_item_meeting_id_meeting"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_agenda_item_owner_person_id_person"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_agenda_item_jour_fixe_id_jour_fixe"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_agenda_item_owner_person_id"))
        batch_op.drop_index(batch_op.f("ix_agenda_item_meeting_id"))
        batch_op.drop_column("points")
        batch_op.drop_column("deferrals")
        batch_op.drop_column("skipped_meeting_id")
        batch_op.drop_column("is_recurring")
        batch_op.drop_column("is_last")
        batch_op.drop_column("is_fixed")
        batch_op.drop_column("owner_person_id")
        batch_op.drop_column("link")
        batch_op.drop_column("wanted")
        batch_op.drop_column("minutes")
        batch_op.drop_column("goal")
        batch_op.drop_column("state")
        batch_op.drop_column("place")
        batch_op.drop_column("meeting_id")
        batch_op.drop_column("jour_fixe_id")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_owner_person_id"))
        batch_op.drop_index(batch_op.f("ix_task_meeting_id"))
    op.drop_table("task")
    with op.batch_alter_table("outcome", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outcome_meeting_id"))
    op.drop_table("outcome")
    with op.batch_alter_table("ballot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ballot_person_id"))
    op.drop_table("ballot")
    op.drop_table("minutes")
    op.drop_table("meeting_step")
    with op.batch_alter_table("meeting_post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_post_meeting_id"))
    op.drop_table("meeting_post")
    with op.batch_alter_table("meeting_duty", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_duty_person_id"))
    op.drop_table("meeting_duty")
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendance_person_id"))
    op.drop_table("attendance")
    with op.batch_alter_table("rota_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rota_place_person_id"))
    op.drop_table("rota_place")
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_day"))
    op.drop_table("meeting")
    op.drop_table("jour_fixe_room")
    with op.batch_alter_table("companions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_companions_person_id"))
        batch_op.drop_index(batch_op.f("ix_companions_other_person_id"))
    op.drop_table("companions")
    op.drop_table("calendar_feed")
    op.drop_table("jour_fixe")
