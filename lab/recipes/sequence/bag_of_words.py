"""Texts as bags of words, counted or weighted by TF-IDF, under a linear classifier: what a network that reads in order has to beat."""

from functools import cached_property

import numpy as np

from lab.data.sentences import Labelled

LONGEST = 3
"""Of texts read letter by letter, groups of up to so many letters are the words."""


class BagOfWords:
    """Two linear support vector machines, one against the rest (scikit-learn's LinearSVC), on the split of the data."""

    def __init__(self, data: Labelled, by_letter: bool):
        self.data, self.by_letter = data, by_letter

    def pieces(self, text: str) -> list[str]:
        """The words of a text, or the groups of its letters, its ends marked."""
        if not self.by_letter:
            return self.data.split(text)
        marked = f"^{text.lower()}$"
        return [marked[i : i + n] for n in range(1, LONGEST + 1) for i in range(len(marked) - n + 1)]

    @cached_property
    def accuracies(self) -> dict[str, float]:
        """The share of texts for validation that each gets right."""
        out = self.data.held_out
        labels = self.data.labels[out]
        return {name: float((model.predict(matrix[out]) == labels).mean()) for name, (model, matrix) in self.models.items()}

    @cached_property
    def models(self):  # type: ignore[no-untyped-def]
        """By the name of the figure, the classifier and the matrix (texts, words) that it reads."""
        from sklearn.feature_extraction.text import TfidfTransformer
        from sklearn.svm import LinearSVC

        inside = ~self.data.held_out
        counts = self.vectorizer.transform(self.data.texts)
        weighted = TfidfTransformer().fit(counts[inside]).transform(counts)
        made = {}
        for name, matrix in (("bag_of_words_accuracy", counts), ("tf_idf_accuracy", weighted)):
            made[name] = LinearSVC(dual=False, tol=1e-2, random_state=0).fit(matrix[inside], self.data.labels[inside]), matrix
        return made

    @cached_property
    def vectorizer(self):  # type: ignore[no-untyped-def]
        from sklearn.feature_extraction.text import CountVectorizer

        inside = [text for text, out in zip(self.data.texts, self.data.held_out, strict=True) if not out]
        return CountVectorizer(analyzer=self.pieces).fit(inside)

    def telling(self, count: int) -> dict[str, list[str]]:
        """For each class, the words with the largest weights under TF-IDF."""
        model, _ = self.models["tf_idf_accuracy"]
        weights = model.coef_ if len(self.data.classes) > 2 else np.concatenate([-model.coef_, model.coef_])
        names = self.vectorizer.get_feature_names_out()
        return {label: [str(names[i]) for i in np.argsort(-row)[:count]] for label, row in zip(self.data.classes, weights, strict=True)}
