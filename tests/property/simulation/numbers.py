"""What a simulation did, in numbers, for whoever wants to know how much was tried."""

from collections import Counter

from tests.property.simulation.network import FAULTS
from tests.property.simulation.running import WEIGHTS


def report(counts: Counter[str], seconds: float) -> str:
    operations = sum(counts[name] for name in WEIGHTS)
    rest = sorted(counts.keys() - {*WEIGHTS, *FAULTS, "seeds", "phones"})
    lines = [
        f"{counts['seeds']} seeds, {operations} operations, {counts['phones']} phones, {seconds:.0f} s",
        "operations: " + _listed(counts, WEIGHTS),
        "faults of the network: " + _listed(counts, FAULTS),
        "at the centre: " + _listed(counts, rest),
    ]
    return "\n".join(lines)


def _listed(counts: Counter[str], names: object) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in names)  # type: ignore[attr-defined]
