"""Numbers for people: bytes and durations."""


def size_text(count: float) -> str:
    """Bytes for people: 24 kB, 812 MB, 3.2 GB."""
    if count < 2**20:
        return f"{count / 2**10:,.0f} kB"
    if count < 10 * 2**20:
        return f"{count / 2**20:.1f} MB"
    return f"{count / 2**20:,.0f} MB" if count < 2**30 else f"{count / 2**30:,.1f} GB"


def duration_text(seconds: float) -> str:
    """Seconds for people: 45 s, 12 min, 3 h 05 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"


def singular(unit: str) -> str:
    """The unit of one: "step" of "steps", "copy" of "copies", "pass" of "passes"."""
    if unit.endswith("ies"):
        return f"{unit.removesuffix('ies')}y"
    return unit.removesuffix("es") if unit.endswith("sses") else unit.removesuffix("s")
