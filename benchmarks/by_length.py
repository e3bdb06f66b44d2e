"""What is lost over a distance: seq2seq by the length of its source, as a table in Markdown.

    python benchmarks/by_length.py attention     BLEU on nested clauses with each kind of attention
    python benchmarks/by_length.py recall        the copy task: exact answers in per cent with each cell
    python benchmarks/by_length.py adding        the adding task, likewise

Every network has the same preset, seed and number of steps; the last column is the processor's time of its training.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import lab

TABLES = {
    "attention": ("long sentences", "attention", ("none", "dot", "luong", "bahdanau"), "bleu"),
    "recall": ("copy task", "model", ("rnn", "relu", "lstm", "gru"), "exact"),
    "adding": ("adding task", "model", ("rnn", "relu", "lstm", "gru"), "exact"),
}
"""Preset, the setting that is varied, its values, and what is measured."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--groups", type=int, default=6, help="groups of sources, from short to long")
    parser.add_argument("--steps", type=int, help="other than the preset's")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    preset, setting, values, measure = TABLES[options.table]
    length = {} if options.steps is None else {"steps": options.steps, "decay_steps": options.steps}
    with TemporaryDirectory() as folder:
        for i, value in enumerate(values):
            start = time.process_time()
            run = lab.train("seq2seq", preset=preset, run=Path(folder) / value, seed=options.seed, **length, **{setting: value})
            seconds = time.process_time() - start
            lengths, figures = run.show("by_length", of=measure, groups=options.groups, count=1000).series[measure]
            if not i:
                row([f"{measure} at a length of", *(f"{length:.0f}" for length in lengths), "CPU s"])
                row(["---"] * (len(lengths) + 2))
            row([value, *(f"{figure:.1f}" for figure in figures), f"{seconds:.0f}"])


def row(cells: list[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
