"""Ten times more than the server can do, from many devices at once: it says "busy", loses nothing, and goes on."""

from tests.integration.test_backup_restore import OfficeWorld
from tests.overload import enrolled, loaded, missing
from tests.servers import running
from tests.world import ref

SECONDS = 6.0
DEVICES = 160
"""More than twice what may wait: the rest is refused at once, again and again."""


def test_overload_loses_nothing_and_the_server_goes_on(tmp_path):
    world = OfficeWorld(tmp_path / "server")
    world.centre.close()
    folder = tmp_path / "server"
    devices = enrolled(folder, DEVICES + 1, ref("abm"))
    with running(folder) as server:
        result = loaded(server.url, devices[:-1], ref("V1"), SECONDS, pause=0.1)
        after = loaded(server.url, devices[-1:], ref("V1"), 2.0, pause=0.0, processes=1)
        assert server.process.poll() is None
        assert server.end() == 0
    assert set(result.codes) == {"200", "503"}, result.codes
    assert result.codes["503"] > result.codes["200"] > 0, "that was no overload"
    first, last = min(result.at), max(result.at)
    assert last - first > SECONDS / 2, "accepted calls did not go on under load"
    assert set(after.codes) == {"200"}, "it does not recover"
    acknowledged = [*result.acknowledged, *after.acknowledged]
    assert len(acknowledged) == len(set(acknowledged)) and not missing(folder, acknowledged)
    assert "Traceback" not in server.said
