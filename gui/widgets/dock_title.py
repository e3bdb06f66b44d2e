"""The title of a dock: its name and two buttons that can be seen in light and dark (Fusion's own are black on dark)."""

from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QWidget

from gui import theme
from gui.widgets import icons
from gui.widgets.titled import Strong


class DockTitle(QWidget):
    """Drag it to move the dock; double-click it to float the dock or put it back."""

    def __init__(self, dock: QDockWidget):
        super().__init__(dock)
        self.float_button = icons.IconButton(
            icons.float_, "Float", "Float this dock, or dock it again", lambda: dock.setFloating(not dock.isFloating())
        )
        self.close_button = icons.IconButton(icons.close, "Close", "Close this dock; View > Docks brings it back", dock.close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.THIN, theme.THIN, theme.THIN)
        layout.setSpacing(0)
        layout.addWidget(Strong(dock.windowTitle()), 1)
        layout.addWidget(self.float_button)
        layout.addWidget(self.close_button)
