"""The review pack of a whole block: from the errand at the console to the file, as PDF and as a workbook."""

from collections.abc import Iterator
from pathlib import Path

from bench.block import BLOCK, SUPERVISOR, batches_of, opened_centre, rows_of
from bench.findings import Finding, Scale, at_most, in_turns, median, seconds_of
from bench.office import enrolled, ref
from records.errands import PACK_FORMS, MakeReviewPack
from server.announcing import Watch
from server.central_workspace import CentralWorkspace
from server.console.deeds import console_deeds


def measure(scale: Scale, scratch: Path) -> Iterator[Finding]:
    """Both forms take turns; each asks everything anew."""
    with opened_centre(f"sqlite:///{scratch / 'block.db'}", scratch / "block") as centre:
        device = enrolled(centre, SUPERVISOR)
        for batch in batches_of(list(rows_of(scale.groups, scale.members, accounts=True)), device.device):
            centre._take_batch(device.device, batch, centre.clock())
        watch = Watch(centre)
        try:
            workspace = CentralWorkspace(centre, watch, deeds=console_deeds(centre))
            workspace.enrol(centre.enrolments.console_code_for(ref(SUPERVISOR)))
            errands = [MakeReviewPack(form, block_id=BLOCK) for form in PACK_FORMS]
            sizes = [len(workspace.perform(errand).content) for errand in errands]
            works = [lambda e=errand: seconds_of(lambda: workspace.perform(e)) for errand in errands]
            for form, size, took in zip(PACK_FORMS, sizes, in_turns(scale.rounds, *works), strict=True):
                what = f"review pack of a block of {scale.groups:,} groups, {form}"
                shown = f"{median(took):.2f} s ({size / 1000:,.0f} kB)"
                yield at_most(what, median(took), 5, "s", shown=shown, seconds=median(took), bytes=size)
        finally:
            watch.close()
