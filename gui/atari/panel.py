"""The Atari panel: the wall of all agents, the games, training in the background, and an agent that is watched beside it."""

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QIcon, QPixmap
from PySide6.QtWidgets import QFileDialog, QToolButton

from gui.actions import Action
from gui.atari.game_picker import GamePicker
from gui.atari.thumbnails import thumbnail
from gui.atari.wall import WallPage
from gui.atari.watch import Watch
from gui.atari.weight_sources import (
    LiveSource,
    RandomSource,
    StoredSource,
    UntrainedSource,
    WeightSource,
    agent_source,
    of_game_first,
    plays_atari,
    stored_sources,
)
from gui.bridge import SessionBridge
from gui.event_loop import NO_INPUT, until
from gui.page_tabs import SAVE_SECONDS
from gui.panel import AppContext
from gui.settings import settings
from gui.training_panel import TrainingPanel, describe
from gui.widgets.dropped_file import dropped_file
from gui.widgets.picture import to_image
from gui.widgets.save_dialog import ask_save_path
from gui.widgets.saved_note import tell_saved
from gui.widgets.transport import MENU
from lab.atari.games import TWO_PLAYERS, game_title, games
from lab.errors import UnnamedGameError
from lab.registry import load
from lab.run import Run
from lab.stored_runs import export_agent, import_agent

if TYPE_CHECKING:
    from agents.wall import WallAgent

CHOOSE_GAME = Action(
    "choose_game",
    "Choose game…",
    "Choose among all games, with pictures and scores",
    lambda panel: panel.pick_game(),
    "Ctrl+G",
    MENU,
    separator=True,
)
AGENT_ENDINGS = (".safetensors", ".cleanrl_model", ".zip", ".pth", ".pt")
AGENT_FILES = f"Agents ({' '.join('*' + ending for ending in AGENT_ENDINGS)});;All files (*)"
WALL_IN_FRONT = "Atari/wall in front"
"""Whether the wall was in front when the app was closed."""
SHOW_WALL = Action("wall", "All agents", "Show all agents playing at once", lambda panel: panel.show_wall(), "Ctrl+Shift+A", "&Watch")


class AtariPanel(TrainingPanel):
    """Trains the recipes of the family Atari and lets one watch, and play. The first tab is the wall."""

    ACTIONS = (
        *TrainingPanel.ACTIONS,
        CHOOSE_GAME,
        Action(
            "watch_run", "Watch the run in front", "Let the newest weights of the run in front play",
            lambda panel: panel.watch_current(), "Ctrl+Shift+W", "&Watch",
        ),
        SHOW_WALL,
        Action(
            "open_agent", "Open the chosen agent", "Open the agent chosen on the wall, with its curves and views",
            lambda panel: panel.open_chosen(), "Ctrl+Return", "&Watch",
        ),
        Action(
            "export_agent", "Export agent…", "Write the agent chosen on the wall, or the run in front, into one file",
            lambda panel: panel.ask_export(), "Ctrl+Shift+E", "&Watch",
        ),
    )  # fmt: skip

    name = "Atari"
    family = "Atari"
    first_recipe = "dqn-fast"

    def __init__(self, context: AppContext):
        self.game_button = QToolButton(toolButtonStyle=Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.game_button.setObjectName("game")
        self.game_button.setToolTip(CHOOSE_GAME.tooltip)
        self.game_button.setIconSize(QSize(36, 48))
        self.no_picture = QPixmap(self.game_button.iconSize())
        self.no_picture.fill(Qt.GlobalColor.transparent)
        self.game_button.setSizePolicy(self.game_button.sizePolicy().Policy.Expanding, self.game_button.sizePolicy().Policy.Fixed)
        self.shown_game = ""
        self.exporting: Future[Any] | None = None
        self.offered: list[WeightSource] = []
        """Whom Watch offers, those of the chosen game first."""
        super().__init__(context)
        self.form.column.insertWidget(0, self.game_button)
        self.form.changed.connect(self.show_game)
        self.show_game()
        self.game_button.clicked.connect(self.pick_game)
        self.watch = Watch(self.action_set)
        self.watch.failed.connect(context.report)
        self.watch_dock = self.add_dock("Watch", self.watch, Qt.DockWidgetArea.RightDockWidgetArea)
        self.watch_menu = self.action_set.menu("&Watch")
        self.watch.compare.toggled.connect(lambda on: self.resizeDocks([self.watch_dock], [560 if on else 360], Qt.Orientation.Horizontal))
        self.watch_dock.hide()  # Until an agent is chosen, the wall has the room.
        self.wall = WallPage()
        self.wall.view.chosen.connect(self.watch_agent)
        self.wall.view.failed.connect(context.report)
        self.tabs.set_home(self.wall, SHOW_WALL.text, SHOW_WALL.tooltip)
        self.stack.setCurrentWidget(self.tabs)
        self.tabs.currentChanged.connect(lambda _: self.refresh_sources())
        self.setAcceptDrops(True)

    @classmethod
    def every_action(cls) -> tuple[Action, ...]:
        return (*super().every_action(), *Watch.ACTIONS)

    def size_docks(self) -> None:
        super().size_docks()
        self.resizeDocks([self.watch_dock], [360], Qt.Orientation.Horizontal)

    def present(self, on: bool) -> None:
        """A game that is watched fills the window; else what is in the middle does."""
        watched = on and not self.watch_dock.isHidden() and self.watch.panes[0].playing is not None
        super().present(on)
        if watched:
            self.put_away.remove(self.watch_dock)
            self.watch_dock.show()
        self.watch.tools.setVisible(not watched)
        self.stack.setVisible(not watched)

    def entered(self) -> None:
        self.refresh_sources()

    # -- games -----------------------------------------------------------------------------------------------------

    def choices(self) -> dict[str, tuple[str, ...]]:
        return {"game": tuple(game for game in games() if game not in TWO_PLAYERS)}

    def show_game(self) -> None:
        """The game of the form, where its recipe plays one of the emulator's."""
        self.game_button.setVisible("game" in self.form.fields.values())
        game = str(self.form.fields.values().get("game", ""))
        if game and game != self.shown_game:
            self.shown_game = game
            self.game_button.setText(game_title(game))
            self.game_button.setIcon(QIcon(self.no_picture))  # Until the new game's comes, not the last one's.
            if self.offered:
                self.offer(self.offered)
            self.context.background.submit(lambda: thumbnail(game), lambda pixels: self.show_thumbnail(game, pixels), receiver=self)

    def show_thumbnail(self, game: str, pixels: object) -> None:
        if game == self.shown_game:
            self.game_button.setIcon(QIcon(QPixmap.fromImage(to_image(pixels))))  # type: ignore[arg-type]

    def pick_game(self) -> None:
        picker = GamePicker(self.shown_game, self.context.background, self)
        if picker.exec():
            self.form.fields.set_values({"game": picker.game})
            self.begin(picker.game, picker.wish)
        picker.deleteLater()

    def begin(self, game: str, wish: str) -> None:
        """Play a game oneself ("play"), or watch an "untrained" agent or "random" actions, at once."""
        if wish:
            self.show_watch()
            self.watch.play(UntrainedSource(game) if wish == "untrained" else RandomSource(game))
            self.watch.take_over.setChecked(wish == "play")
            self.watch.panes[0].setFocus()

    def show_watch(self) -> None:
        """Show the dock in which an agent is watched, with room for it."""
        if not self.watch_dock.isVisible():
            self.watch_dock.show()
            self.resizeDocks([self.watch_dock], [max(360, int(0.38 * self.width()))], Qt.Orientation.Horizontal)

    # -- watching --------------------------------------------------------------------------------------------------

    def refresh_sources(self) -> None:
        """Offer the sessions' newest weights, shipped agents and stored runs; those that play well hang on the wall."""
        live: list[WeightSource] = [LiveSource(bridge.session) for bridge in self.context.sessions.bridges if plays_atari(bridge.run)]
        self.context.background.submit(stored_sources, lambda stored: self.offer([*live, *stored]), receiver=self)
        self.context.background.submit(lambda: load("agents.wall:wall_agents")(), self.hang, receiver=self)

    def hang(self, agents: "list[WallAgent]") -> None:
        """Let these agents play on the wall."""
        if self.watch.timer.isActive():
            self.wall.set_agents(agents)

    def show_wall(self) -> None:
        self.tabs.setCurrentWidget(self.wall)
        self.wall.view.setFocus()

    def watch_agent(self, agent: "WallAgent") -> None:
        """Watch an agent of the wall large, with its values."""
        source: WeightSource = StoredSource(agent.run) if agent.own else agent_source(agent.run)
        source = next((known for known in self.watch.sources if known.key == source.key), source)
        self.show_watch()
        self.watch.play(source)

    def open_chosen(self) -> None:
        """Open the run of the agent that is chosen on the wall."""
        agent = self.wall.view.current_agent()
        if agent is not None:
            self.open_run(agent.run)

    def offer(self, sources: list[WeightSource]) -> None:
        if not self.watch.timer.isActive():
            return  # The panel was closed meanwhile.
        self.offered = sources
        self.watch.set_sources(of_game_first(sources, self.shown_game or "pong"))

    def started(self, bridge: SessionBridge) -> None:
        super().started(bridge)
        if plays_atari(bridge.run):
            self.watch.play(LiveSource(bridge.session))
            self.watch_dock.show()
            bridge.ended.connect(self.refresh_sources)
        self.refresh_sources()

    def watch_current(self) -> None:
        """Play the newest weights of the run in front."""
        tab = self.current_tab()
        if tab is None:
            return
        key = f"live:{tab.run.path}" if tab.bridge is not None else f"run:{tab.run.path.resolve()}:newest"
        source = next((source for source in self.watch.sources if source.key == key), None)
        if source is not None:
            self.watch_dock.show()
            self.watch.play(source)
        elif not plays_atari(tab.run):
            self.context.say(f"{tab.run.name} plays no game of the emulator: it is watched on its own page.")
        else:
            self.context.say(f"{tab.run.name} has no checkpoint yet to watch.")

    def tab_closing(self, bridge: SessionBridge) -> None:
        if f"live:{bridge.run.path}" in self.watch.playing:
            others = [source for source in self.watch.sources if not source.key.startswith("live:")]
            for pane, key in enumerate(self.watch.playing):
                if key == f"live:{bridge.run.path}" and others:
                    self.watch.play(others[0], pane)
        self.refresh_sources()

    # -- agents in files -------------------------------------------------------------------------------------------

    def ask_import(self) -> None:
        """Import an agent's file that the user chooses."""
        name, _ = QFileDialog.getOpenFileName(self, "Import an agent", "", AGENT_FILES)
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path, game: str | None = None) -> None:
        """Keep a copy of an agent's file, which plays on the wall from now on."""
        self.context.background.submit(
            lambda: import_agent(path, game), self.imported, lambda error: self.not_imported(path, error), receiver=self
        )  # fmt: skip

    def imported(self, run: Run) -> None:
        self.context.say(f"Imported {run.name}.")
        self.refresh_sources()
        self.show_wall()

    def not_imported(self, path: Path, error: BaseException) -> None:
        """Say why, or ask which game it plays."""
        if not isinstance(error, UnnamedGameError):
            self.context.report(*describe(error))
            return
        picker = GamePicker(self.shown_game, self.context.background, self)
        picker.setWindowTitle(f"Which game does {path.name} play?")
        if picker.exec():
            self.import_file(path, picker.game)
        picker.deleteLater()

    def ask_export(self) -> None:
        """Write the agent that is chosen into a file that the user names."""
        agent = self.wall.view.current_agent()
        run = self.current_run() or (agent.run if agent is not None else None)
        if run is None:
            self.context.say("There is no agent to export.")
            return
        path = ask_save_path(self, f"Export {run.name}", f"{run.name}.safetensors", (".safetensors",))
        if path is not None:
            self.exporting = self.context.background.submit(
                lambda: export_agent(run, path), lambda _: tell_saved(path),
                lambda error: self.context.report(*describe(error)), receiver=self,
            )  # fmt: skip

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if Path(dropped_file(event) or "").suffix.lower() in AGENT_ENDINGS:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_file(event)
        if path is not None:
            self.import_file(Path(path))

    # -- what is remembered ----------------------------------------------------------------------------------------

    def reopen(self) -> None:
        """The tab that was in front at the end is in front again: at the first start, the wall."""
        super().reopen()
        if settings().value(WALL_IN_FRONT, True, type=bool):
            self.tabs.setCurrentWidget(self.wall)

    def open_first_example(self) -> None:
        """The wall has something that moves already."""

    def remember(self) -> None:
        super().remember()
        if self.reopened:
            settings().setValue(WALL_IN_FRONT, self.tabs.currentWidget() is self.wall)

    def finish_saves(self) -> None:
        super().finish_saves()
        if self.exporting is not None:
            until(self.exporting.done, SAVE_SECONDS, NO_INPUT)

    def shut(self) -> None:
        super().shut()
        self.watch.shut()
        self.wall.view.shut()
