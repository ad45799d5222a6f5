"""Joins a store and a centre into what an app works with: a workspace, and the runner that synchronises it."""

from records.workspace import Identity
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from sync.bundles import hand_over, take_in
from sync.enrolling import Centre, enrol
from sync.runner import SyncRunner


def joined(store: LocalStore, centre: Centre, *, app: str) -> tuple[PhoneWorkspace, SyncRunner]:
    """The workspace of a phone and its runner, which begins when its `start` is called."""
    runner = SyncRunner(store, centre, app=app)

    def enrol_with(code: str) -> Identity:
        with runner.between_runs():
            identity = enrol(store, centre, code, app=app)
        runner.request_sync()
        return identity

    workspace = PhoneWorkspace(
        store,
        sync_wanted=runner.request_sync,
        work_saved=runner.work_saved,
        enrol_with=enrol_with,
        hand_over_with=hand_over,
        take_in_with=take_in,
    )
    return workspace, runner
