"""`samooh cluster`: which gram panchayats lie together in a cluster. Whoever is assigned to it reaches them."""

from typing import Annotated, Any

import typer
from sqlalchemy import select

from operations import finding
from operations.office import Row, push, the_centre
from operations.speaking import CannotDo, counted, say, table
from records.ids import official_id
from server.central_store import CentralStore

cluster = typer.Typer(help="Clusters of gram panchayats.", no_args_is_help=True)


@cluster.command("set")
def set_cluster(
    code: Annotated[str, typer.Argument(help="A code for the cluster, as the mission has it or of your own.")],
    block: Annotated[str, typer.Option(help="LGD or local code of the block it lies in.")],
    name: Annotated[str, typer.Option(help="The name in Latin letters.")],
    panchayats: Annotated[str, typer.Option(help="Codes of all its gram panchayats, with commas between.")],
    name_hi: Annotated[str | None, typer.Option(help="The name in Hindi.")] = None,
) -> None:
    """Make a cluster, or say anew which panchayats are in it. Those that are not named any more leave it."""
    with the_centre() as centre:
        above = finding.place(centre, block, "block")
        id = official_id("cluster", f"{centre.state_id}/{code}")
        inside = {one.id: one for one in (_panchayat(centre, each, above) for each in _codes(panchayats))}
        before = {row.id for row in _places(centre, "gram_panchayat") if row.parent_id == id}
        values = {"level": "cluster", "parent_id": above.id, "name": name, "local_code": code}
        rows: list[Row] = [("Place", id, values | ({"name_hi": name_hi} if name_hi else {}))]
        rows += [("Place", one.id, {"parent_id": id}) for one in inside.values() if one.parent_id != id]
        rows += [("Place", one, {"parent_id": above.id}) for one in sorted(before - inside.keys())]
        push(centre, "clusters", rows)
    left = len(before - inside.keys())
    say(f"{name} has {counted(len(inside), 'panchayat')}" + (f"; {left} left it." if left else "."))
    say("Phones of those who work there hear of it at their next contact.")


@cluster.command("list")
def list_clusters() -> None:
    """Show every cluster with its panchayats."""
    with the_centre() as centre:
        clusters, panchayats = _places(centre, "cluster"), _places(centre, "gram_panchayat")
    if not clusters:
        say("No cluster yet: samooh cluster set.")
        return
    lines = []
    for one in clusters:
        inside = ", ".join(panchayat.name for panchayat in panchayats if panchayat.parent_id == one.id)
        lines.append((one.local_code or one.nrlm_code or one.id, one.name, inside))
    table(("code", "cluster", "panchayats"), lines)


def _codes(text: str) -> list[str]:
    codes = [one.strip() for one in text.split(",") if one.strip()]
    if not codes:
        raise CannotDo("Name the panchayats of the cluster by their codes, with commas between.")
    return codes


def _panchayat(centre: CentralStore, code: str, block: Any) -> Any:
    found = finding.place(centre, code, "gram_panchayat")
    if found.block_id != block.id:
        raise CannotDo(f"The gram panchayat {found.name} ({code}) is not in the block {block.name}.")
    return found


def _places(centre: CentralStore, level: str) -> list[Any]:
    place = centre.tables.records["Place"]
    here = (place.c.state_id == centre.state_id, place.c.level == level, place.c.deleted_on.is_(None))
    with centre.database.reading() as db:
        return list(db.execute(select(place).where(*here).order_by(place.c.name, place.c.id)).all())
