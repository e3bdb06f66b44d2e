"""Points in the plane as a person gives them: the names of the sets, and one's own as text. Imports no torch: settings are checked with it."""

REACH = 3.0
"""The plane is shown from -REACH to REACH."""
CLASSES = ("spirals", "circles", "xor", "moons", "gaussians")
"""Sets of two classes."""
VALUES = ("hill", "waves")
"""Sets with a value at each point."""

Point = tuple[float, float, float]
"""x, y and the class, 0 or 1."""


def parse(text: str) -> list[Point]:
    """The points in "x,y,class x,y,class ...". Raises ValueError for another text."""
    points = []
    for part in text.split():
        try:
            x, y, label = map(float, part.split(","))
        except ValueError:
            raise ValueError('must be points "x,y,class" separated by spaces') from None
        if not (abs(x) <= REACH and abs(y) <= REACH) or label not in (0, 1):
            raise ValueError(f"must lie between -{REACH:g} and {REACH:g}, with class 0 or 1")
        points.append((x, y, label))
    return points


def text(points: list[Point]) -> str:
    """The inverse of `parse`."""
    return " ".join(f"{x:.3g},{y:.3g},{label:.0f}" for x, y, label in points)
