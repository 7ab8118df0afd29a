"""When a case that waits is asked about, and when it goes if nobody answers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("ask_on", "delete_on"):
        op.add_column("consultation_case", sa.Column(column, sa.Date(), nullable=True))


def downgrade() -> None:
    for column in ("delete_on", "ask_on"):
        op.drop_column("consultation_case", column)
