"""The actions of the window, and with those of the panels every action of the app."""

from gui.actions import Action, numbered
from gui.panels import PANELS, PanelSpec
from gui.settings import FILM_SIZES, settings

THEMES = ("system", "light", "dark")
FILE_ACTIONS = (
    Action(
        "runs_folder",
        "Open runs folder",
        "Show the runs in the file manager",
        lambda window: window.open_folder(None),
        "Ctrl+Shift+O",
        "&File",
    ),
    Action(
        "pictures",
        "Your own pictures…",
        "Look at a folder of pictures, and train on them; a folder, files or a ZIP may also be dropped on the window",
        lambda window: window.ask_pictures(),
        "Ctrl+Shift+F",
        "&File",
    ),
    Action(
        "import_agent",
        "Import agent…",
        "Keep an agent's file, also of CleanRL or Stable-Baselines3, so that it plays on the wall",
        lambda window: window.go_to("Atari").ask_import(),
        "Ctrl+Shift+I",
        "&File",
    ),
    Action("copy_window", "Copy screenshot", "Copy a picture of the window", lambda window: window.copy_window(), "Ctrl+Shift+G", "&File"),
    Action(
        "quit",
        "Quit",
        "Save all training runs and quit",
        lambda window: window.close(),
        "Ctrl+Q",
        "&File",
        separator=True,
    ),
)
UNDO = Action("undo", "Undo", "Undo the last change made in this panel", lambda window: window.undo(True), "Ctrl+Z", "&Edit")
REDO = Action("redo", "Redo", "Make the change again that was undone last", lambda window: window.undo(False), "Ctrl+Shift+Z", "&Edit")
EDIT_ACTIONS = (UNDO, REDO)


def film_action(size: int) -> Action:
    """Chooses how large films are."""
    text = f"{size} pixels" if size else "As shown"
    tip = f"Save films with {size} pixels at the longer side" if size else "Save films as large as what they show, with 512 pixels at least"
    return Action(
        f"film.{size}", text, tip, lambda window, on: settings().setValue("film size", size), menu="&File/Film size", checkable=True,
        group="film size",
    )  # fmt: skip


VIEW_ACTIONS = (
    Action(
        "palette",
        "Command palette…",
        "Find actions, settings, recipes, runs and views by name",
        lambda window: window.show_palette(),
        "Ctrl+Shift+P",
        "&View",
    ),
    Action(
        "larger",
        "Larger text",
        "Show all text, diagrams and plots larger",
        lambda window: window.change_text(1),
        "Ctrl++",
        "&View",
        also="Ctrl+=",
        separator=True,
    ),
    Action(
        "smaller", "Smaller text", "Show all text, diagrams and plots smaller", lambda window: window.change_text(-1), "Ctrl+-", "&View"
    ),
    Action("reset_text", "Reset text", "Show text at the system's size", lambda window: window.change_text(0), "Ctrl+0", "&View"),
    Action(
        "present",
        "Presentation",
        "Show nothing but the page, picture or game in front, on the whole screen; Escape leads back",
        lambda window, on: window.present(on),
        "F11",
        "&View",
        checkable=True,
        separator=True,
    ),
    Action(
        "fold",
        "Docks aside",
        "Put the docks of the panel in front aside, or bring them back",
        lambda window: window.fold_docks(),
        "F9",
        "&View",
    ),
    Action("full_screen", "Full screen", "Enter or leave full screen", lambda window: window.toggle_full_screen(), "Shift+F11", "&View"),
    Action(
        "reset_layout",
        "Reset layout",
        "Restore the default dock layout",
        lambda window: window.reset_layout(),
        "Ctrl+Shift+L",
        "&View",
    ),
)
HELP_ACTIONS = (
    Action("tour", "Tour", "Show what there is, in five steps", lambda window: window.tour.start(), "Shift+F1", "&Help"),
    Action("shortcuts", "Keyboard shortcuts", "List all shortcuts", lambda window: window.show_shortcuts(), "F1", "&Help"),
    Action("about", "About", "Show versions, and where runs are kept", lambda window: window.show_about(), "Ctrl+F1", "&Help"),
)


def theme_action(name: str) -> Action:
    return Action(
        f"theme.{name}", name.title(), f"Use the {name} theme", lambda window, on: window.set_theme(name),
        menu="&View/Theme", checkable=True, group="theme",
    )  # fmt: skip


def panel_action(spec: PanelSpec) -> Action:
    """Brings a panel to the front."""
    return Action(
        f"panel.{spec.name}", spec.name, spec.about, lambda window, on: window.go_to(spec.name),
        numbered("Alt", PANELS.index(spec)), "&View", checkable=True, group="panel",
    )  # fmt: skip


def every_action() -> dict[str, list[Action]]:
    """The actions of the app by where they are heard, as they are declared: no panel need have been shown."""
    groups = {
        "Everywhere": [
            *map(panel_action, PANELS),
            *FILE_ACTIONS,
            *map(film_action, FILM_SIZES),
            *EDIT_ACTIONS,
            *map(theme_action, THEMES),
            *VIEW_ACTIONS,
            *HELP_ACTIONS,
        ]
    }
    return groups | {spec.name: list(spec.panel_class().every_action()) for spec in PANELS}
