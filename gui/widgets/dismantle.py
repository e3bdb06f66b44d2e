"""What a widget with plots needs before it goes away. pyqtgraph is not loaded for it: a window without a plot starts without."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QGraphicsView, QWidget


def dismantle(root: QWidget) -> None:
    """Take the items out of all plots below a widget that goes away.

    pyqtgraph's items refer to each other in circles, so their Python side outlives the scene. A rectangle, text or layout is no QObject:
    once Qt has destroyed it, Shiboken may hand out the old object for a new one at the same address. What Python owns, Qt does not destroy.
    """
    views = [root] if isinstance(root, QGraphicsView) else root.findChildren(QGraphicsView)
    for view in views:
        scene = view.scene()
        items = scene.items() if scene is not None else []
        for item in items:
            if not isinstance(item, QObject):
                scene.removeItem(item)
            vars(item).pop("layout", None)
