"""Tells at the end of a test run how much the simulation has tried."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts, seconds = Counter[str](), 0.0
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            told = dict(getattr(report, "user_properties", ()))
            counts.update(told.get("simulated", {}))
            seconds += told.get("simulated seconds", 0.0)
    if counts:
        from tests.property.simulation.numbers import report as text

        terminalreporter.section("the simulation")
        terminalreporter.write_line(text(counts, seconds))
