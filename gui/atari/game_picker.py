"""The game picker: all games with a picture from each, search, action set and published scores."""

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui.atari.thumbnails import thumbnail
from gui.atari.watch_pane import published
from gui.background import Background
from gui.widgets.picture import Picture, icon_of, to_image
from gui.widgets.titled import Heading
from lab.atari.games import TWO_PLAYERS, action_names, game_title, games

FOR_TWO = "Two-player game: it cannot be played by a single agent, so there is nothing to train and no picture."


def letters(text: str) -> str:
    """Letters and digits alone, in lower case: `Ms. Pac-Man` -> mspacman."""
    return "".join(filter(str.isalnum, text.lower()))


def blank() -> QPixmap:
    """What stands where a picture has not come yet."""
    made = QPixmap(88, 116)
    made.fill(Qt.GlobalColor.black)
    return made


class GamePicker(QDialog):
    """Pick one of the games; `game` is the one chosen. Pictures are made in a pool thread, the visible ones first."""

    def __init__(self, current: str, background: Background, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Choose a game")
        self.resize(860, 600)
        self.background = background
        self.game = current
        self.pictures: dict[str, QPixmap] = {}
        self.search = QLineEdit(placeholderText="Search the games", clearButtonEnabled=True)
        self.search.textChanged.connect(self.filter)
        self.list = QListWidget(viewMode=QListWidget.ViewMode.IconMode, resizeMode=QListWidget.ResizeMode.Adjust, uniformItemSizes=True)
        self.list.setMovement(QListWidget.Movement.Static)
        self.list.setIconSize(QSize(88, 116))
        self.list.setGridSize(QSize(132, 130 + 2 * self.list.fontMetrics().lineSpacing()))
        self.list.setWordWrap(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.games = list(games())
        for game in self.games:
            item = QListWidgetItem(icon_of(blank()), game_title(game))
            item.setData(Qt.ItemDataRole.UserRole, game)
            item.setToolTip(published(game) if game not in TWO_PLAYERS else FOR_TWO)
            self.list.addItem(item)
        self.picture = Picture("…", (200, 262))
        self.name = Heading()
        self.facts = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop)
        self.count = QLabel()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.wish = ""
        """What to do with the game at once: "play", "untrained" or "random"."""
        self.at_once = {
            wish: self.buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
            for wish, text in (("play", "Play it"), ("untrained", "Watch an untrained agent"), ("random", "Watch random actions"))
        }
        for wish, button in self.at_once.items():
            button.clicked.connect(lambda _, wish=wish: self.take_at_once(wish))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        side = QVBoxLayout()
        side.addWidget(self.picture, 1)
        side.addWidget(self.name)
        side.addWidget(self.facts)
        left = QVBoxLayout()
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        left.addWidget(self.count)
        across = QHBoxLayout()
        across.addLayout(left, 3)
        across.addLayout(side, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(across, 1)
        layout.addWidget(self.buttons)
        self.list.currentItemChanged.connect(self.show_current)
        self.list.itemActivated.connect(self.take)
        self.filter("")
        self.list.setCurrentRow(self.games.index(current) if current in self.games else 0)
        self.list.scrollToItem(self.list.currentItem())
        self.loading = self.gone = False
        self.timer = QTimer(self, interval=15)
        self.timer.timeout.connect(self.load_next)
        self.timer.start()
        self.search.setFocus()

    def filter(self, text: str) -> None:
        """Show the games whose name has `text`."""
        shown = 0
        for i in range(self.list.count()):
            item = self.list.item(i)
            item.setHidden(letters(text) not in letters(item.data(Qt.ItemDataRole.UserRole)))
            shown += not item.isHidden()
        self.count.setText(f"{shown} of {self.list.count()} games")
        current = self.list.currentItem()
        if current is not None and not shown:  # Else OK would take a game that nobody sees.
            self.list.setCurrentItem(None)
        if shown and (current is None or current.isHidden()):
            self.list.setCurrentRow(next(i for i in range(self.list.count()) if not self.list.item(i).isHidden()))

    def show_current(self, item: QListWidgetItem | None, before: object = None) -> None:
        if item is None:
            self.name.clear()
            self.facts.clear()
            self.picture.show_text("No matching game")
            self.enable(False)
            return
        self.game = item.data(Qt.ItemDataRole.UserRole)
        self.name.setText(game_title(self.game))
        alone = self.game not in TWO_PLAYERS
        self.enable(alone)
        if not alone:
            self.facts.setText(FOR_TWO)
            self.picture.show_text("Two players")
            return
        names = action_names(self.game)
        self.facts.setText(f"{len(names)} actions: {', '.join(names).lower()}\n\nPublished scores: {published(self.game)}")
        picture = self.pictures.get(self.game)
        if picture is None:
            self.picture.show_text("…")
        else:
            self.picture.image = picture.toImage()
            self.picture.update()

    def enable(self, on: bool) -> None:
        """Whether the game can be taken."""
        for button in (self.buttons.button(QDialogButtonBox.StandardButton.Ok), *self.at_once.values()):
            button.setEnabled(on)

    def take_at_once(self, wish: str) -> None:
        self.wish = wish
        self.accept()

    def take(self, item: QListWidgetItem) -> None:
        """Double click or Enter on a game."""
        self.show_current(item)
        if self.game not in TWO_PLAYERS:
            self.accept()

    def load_next(self) -> None:
        """Ask for the next picture that is missing: those in sight first."""
        if self.loading:
            return
        known = self.pictures.keys() | TWO_PLAYERS
        missing = [item for i in range(self.list.count()) if (item := self.list.item(i)).data(Qt.ItemDataRole.UserRole) not in known]
        if not missing:
            self.timer.stop()
            return
        view = self.list.viewport().rect()
        visible = [item for item in missing if not item.isHidden() and self.list.visualItemRect(item).intersects(view)]
        item = self.list.currentItem() if self.list.currentItem() in missing else (visible or missing)[0]
        game = item.data(Qt.ItemDataRole.UserRole)
        self.loading = True

        def done(pixels: object) -> None:
            if self.gone:
                return  # The dialog has been closed meanwhile.
            self.loading = False
            self.pictures[game] = QPixmap.fromImage(to_image(pixels))  # type: ignore[arg-type]
            item.setIcon(icon_of(self.pictures[game]))
            if self.list.currentItem() is item:
                self.show_current(item)

        def failed(error: BaseException) -> None:
            self.loading = False
            self.pictures[game] = blank()  # One game's defect must not keep the others' pictures away.
            item.setToolTip(f"No picture: {error}")

        self.background.submit(lambda: thumbnail(game), done, failed, receiver=self)

    def done(self, result: int) -> None:
        """Stop loading pictures: the list goes away."""
        self.gone = True
        self.timer.stop()
        super().done(result)
