"""The Sequences panel: language models, translators, taggers, forecasters and word vectors."""

from gui.training_panel import TrainingPanel


class SequencesPanel(TrainingPanel):
    """Trains the recipes of the family Sequences."""

    name = "Sequences"
    family = "Sequences"
    first_recipe = "gpt"
    empty_text = (
        "No run is open.\n\nChoose a recipe on the left and press Train (Ctrl+R). During training gpt and char-rnn continue your prompt, "
        "seq2seq translates your sentence and tag highlights your source.\n\ntext-class is the quickest to train; gpt on pydocs "
        "produces words within a minute or two."
    )
