"""`lab list`: recipes, their presets, data sets, games, networks, shipped agents and example runs."""

import shutil
import textwrap

from lab import registry
from lab.commands.output import in_columns, print_json
from lab.data.catalogue import DATA
from lab.flags import add_json, parser
from lab.presets import presets


def main(arguments: list[str]) -> int:
    p = parser("list", "[--json]")
    add_json(p)
    options = p.parse(arguments)
    import models
    from lab.atari.games import games  # Names only; no torch.

    agents, imported = registry.shipped(), registry.imported()
    recipes = registry.recipes()
    if options.json:
        print_json(
            {
                "recipes": [
                    {"name": r.name, "family": r.family, "about": r.about, "presets": {n: p.about for n, p in presets(r.name).items()}}
                    for r in recipes.values()
                ],
                "data": [record.as_json() for record in DATA.values()],
                "games": list(games()),
                "networks": models.catalog(),
                "examples": {name: registry.example_record(path) for name, path in registry.examples().items()},
                "agents": {name: registry.shipped_record(path) for name, path in agents.items()},
                "imported": {name: registry.shipped_record(path) for name, path in imported.items()},
            }
        )
        return 0
    sections = [
        ("Recipes", {r.name: f"{r.family:10} {r.about}" for r in recipes.values()}),
        ("Presets (`lab train RECIPE --preset NAME`)", {r.name: ", ".join(presets(r.name)) for r in recipes.values() if presets(r.name)}),
        ("Data sets", {name: record.about for name, record in DATA.items()}),
        ("Networks", models.catalog()),
        ("Shipped agents", {name: registry.shipped_about(path) for name, path in agents.items()}),
    ]
    sections.append(("Example runs", {name: registry.example_about(path) for name, path in registry.examples().items()}))
    if imported:
        sections.append(("Imported agents", {name: registry.shipped_about(path) for name, path in imported.items()}))
    for title, entries in sections:
        print(f"{title}:")
        print(in_columns(entries) or "  none")
    print(f"Games ({len(games())}):")
    width = shutil.get_terminal_size((100, 20)).columns
    print(textwrap.fill(" ".join(games()), width, initial_indent="  ", subsequent_indent="  "))
    return 0
