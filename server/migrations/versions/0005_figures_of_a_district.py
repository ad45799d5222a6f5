"""what the figures of a district are found by."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("place_district_id", "place", ["state_id", "district_id"])
    op.create_index("service_area_district_id", "service_area", ["state_id", "district_id"])


def downgrade() -> None:
    op.drop_index("service_area_district_id", table_name="service_area")
    op.drop_index("place_district_id", table_name="place")
