"""How a gate ends: it says what it ran, and one that ran nothing proves nothing."""


def conclude(gate, passed, failed, skipped=None):
    """Prints the counts of `gate`; the exit code."""
    counts = f"{passed} passed, {failed} failed" + ("" if skipped is None else f", {skipped} skipped")
    print(f"{gate}: {counts}", flush=True)
    if passed + failed == 0:
        print(f"{gate}: nothing ran, which proves nothing: is what was asked for there?", flush=True)
        return 1
    return 1 if failed else 0
