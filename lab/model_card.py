"""The card beside an exported network: what it is, what it was trained on and how well it does, and how to load it."""

from typing import TYPE_CHECKING, Any

from lab.data import catalogue
from lab.errors import LabError
from lab.run import Run

if TYPE_CHECKING:
    from lab.experiment import Experiment


def model_card(
    run: Run, experiment: "Experiment", file: str, to: str, about: str, load: str, checked: str, signature: str
) -> str:  # fmt: skip
    """The card as Markdown."""
    net, status, stored = experiment.serving(), run.status(), run.stored
    parameters = sum(parameter.numel() for parameter in net.parameters())
    lines = [
        f"# {file}", "",
        f"{run.recipe.about} The network of the run `{run.name}`, as {about}.", "",
        f"- **Network**: {type(net).__name__}, {parameters:,} parameters",
        *([f"- **In and out**: {signature}"] if signature else []),
        f"- **Data**: {data_text(run)}",
        f"- **Training**: {training_text(run, status)}",
        f"- **File**: {checked}", "",
        "## Figures", "", *table(figures(run, experiment, status), ("figure", "value")), "",
        "## How to load it", "", "```python", load_lines(load, experiment, file), "```", "",
        "## Settings", "", *table(stored["config"], ("setting", "value")), "",
        "Made with " + ", ".join(f"{name} {version}" for name, version in stored.get("versions", {}).items()) + ".", "",
    ]  # fmt: skip
    return "\n".join(lines)


def data_text(run: Run) -> str:
    data = run.stored["config"].get("data")
    if data is None:
        return f"the game {run.stored['subject']}, as it was played in training" if run.stored.get("subject") else "none"
    try:
        record = catalogue.find(str(data))
    except LabError:
        return str(data)
    return f"{data}: {record.about} ({record.licence})"


def training_text(run: Run, status: dict[str, Any]) -> str:
    step = run.checkpoint_step()
    how_far = f"{step if step is not None else status.get('done', 0):,} {status.get('unit', 'steps')}"
    seconds = f", {status['seconds']:,.0f} s" if status.get("seconds") else ""
    commit = f", commit {run.stored['git_commit'][:12]}" if run.stored.get("git_commit") else ""
    return f"`{run.recipe.name}`, {how_far}{seconds} on {run.stored.get('device_name', run.stored.get('device', 'an unknown device'))}, seed {run.stored['config'].get('seed')}{commit}"


def figures(run: Run, experiment: "Experiment", status: dict[str, Any]) -> dict[str, Any]:
    """Those of the recipe's evaluation, where that takes no playing; and the last of training."""
    last = {
        f"{name} (last of training)": value
        for name, value in status.get("metrics", {}).items()
        if value is not None and name != "charts/SPS"
    }
    if run.recipe.family == "Atari":
        return {**run.evaluation(), **last}
    try:
        return {**experiment.evaluate(), **last}
    except LabError as error:
        return {"evaluation": f"not possible: {error}", **last}


def table(values: dict[str, Any], columns: tuple[str, str]) -> list[str]:
    rows = [f"| {name} | {cell(value)} |" for name, value in values.items() if not isinstance(value, dict | list)]
    return [f"| {columns[0]} | {columns[1]} |", "|---|---|", *rows]


def cell(value: Any) -> str:
    return (f"{value:.5g}" if isinstance(value, float) else str(value)).replace("|", "\\|").replace("\n", " ")


def load_lines(load: str, experiment: "Experiment", file: str) -> str:
    """The lines of a format for this file and this network's inputs."""
    exported = experiment.exported()
    given = list(exported.inputs.values()) if exported is not None else []
    tensors = ", ".join(f"torch.zeros({tuple(tensor.shape)}, dtype={tensor.dtype})" for tensor in given)
    types = {"float32": "tensor(float)", "int64": "tensor(int64)", "uint8": "tensor(uint8)"}
    used = dict.fromkeys(str(tensor.dtype).removeprefix("torch.") for tensor in given)
    kinds = "{" + ", ".join(f'"{types.get(name, name)}": np.{name}' for name in used) + "}"
    return load.replace("FILE", file).replace("INPUTS", tensors).replace("TYPES", kinds)
