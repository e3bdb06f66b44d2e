"""The actions of pages: those every page has, and a scope for what each page and sidebar declares itself."""

from collections.abc import Callable
from weakref import WeakMethod

from PySide6.QtWidgets import QMenu, QWidget

from gui.actions import Action, ActionSet, numbered
from gui.page import Page, Sidebar
from gui.page_tabs import COPY, PAGE_MENU, SAVE, PageTabs

MOST_PAGES = 16
"""How many pages the menu can list; there are shortcuts for the first nine."""


def page_action(index: int) -> Action:
    return Action(
        f"page_{index + 1}", f"Page {index + 1}", f"Show page {index + 1} of the run in front", lambda panel: panel.in_pages("go_to", index),
        numbered("Ctrl+Shift", index), PAGE_MENU,
    )  # fmt: skip


PAGE_ACTIONS = (
    *map(page_action, range(MOST_PAGES)),
    Action(
        "next_page", "Next page", "Show the next page of the run in front", lambda panel: panel.in_pages("step", 1),
        "Ctrl+PgDown", PAGE_MENU, separator=True,
    ),
    Action("previous_page", "Previous page", "Show the previous page of the run in front", lambda panel: panel.in_pages("step", -1), "Ctrl+PgUp", PAGE_MENU),
    COPY, SAVE,
)  # fmt: skip
"""What a panel with pages can do with them."""


def declared_actions(kinds: list[type[Page]]) -> tuple[Action, ...]:
    """What the pages and their sidebars declare."""
    sidebars = dict.fromkeys(kind.sidebar for kind in kinds if kind.sidebar is not None)
    parts: list[type[Page] | type[Sidebar]] = [*sidebars, *kinds]
    return tuple(action for part in parts for action in part.ACTIONS)


class PageScopes:
    """A scope for the actions of each page, within that of its sidebar: they act on the page in front.

    `outer` are the panel's actions, PAGE_ACTIONS among them; `in_front` is the panel's method that gives the tabs in front.
    """

    def __init__(self, kinds: list[type[Page]], outer: ActionSet, panel: QWidget, in_front: Callable[[], PageTabs | None]):
        self.outer, self.in_front = outer, WeakMethod(in_front)
        self.scopes: dict[type[Page | Sidebar], ActionSet] = {}
        for kind in kinds:
            if kind.sidebar is not None and kind.sidebar not in self.scopes:
                self.scopes[kind.sidebar] = self.scope(kind.sidebar, outer, panel)
            self.scopes[kind] = self.scope(kind, outer if kind.sidebar is None else self.scopes[kind.sidebar], panel)

    def scope(self, kind: type[Page] | type[Sidebar], outer: ActionSet, panel: QWidget) -> ActionSet:
        made, in_front = ActionSet(getattr(kind, "title", kind.__name__), outer, panel), self.in_front

        def owner() -> Page | Sidebar | None:
            tabs_in_front = in_front()  # None once the panel is gone.
            return None if tabs_in_front is None else part_in_front(tabs_in_front(), kind)

        made.extend(kind.ACTIONS, owner)
        return made

    def menus(self) -> list[QMenu]:
        return [menu for scope in self.scopes.values() for menu in scope.top_menus()]

    def show(self, tabs: PageTabs | None, on: bool) -> None:
        """Offer the actions of the page in front, and no other page's; none at all where the panel is not `on`."""
        titles = tabs.titles() if tabs is not None else []
        for index in range(MOST_PAGES):
            action = self.outer[page_action(index).id]
            action.setVisible(index < len(titles))
            action.setText(titles[index] if index < len(titles) else "")
        self.outer.menu(PAGE_MENU).menuAction().setVisible(on and len(titles) > 1)
        for kind, scope in self.scopes.items():
            here = on and part_in_front(tabs, kind) is not None
            scope.set_heard(here)
            for menu in scope.top_menus():
                menu.menuAction().setVisible(here)


def part_in_front(tabs: PageTabs | None, kind: type[Page] | type[Sidebar]) -> Page | Sidebar | None:
    """The page, or the sidebar, of that class that is in front."""
    page = tabs.page if tabs is not None else None
    if tabs is None or page is None:
        return None
    return page if type(page) is kind else tabs.sidebars[kind] if page.sidebar is kind else None
