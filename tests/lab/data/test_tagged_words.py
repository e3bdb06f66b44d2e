"""Files of tagged words as people keep them: which word has which tag."""

from pathlib import Path

import pytest

from lab.data.tagged_text import own_tagged
from lab.data.tagged_words import read_tagged
from lab.errors import LabError


def sentences(text: str) -> list[list[tuple[str, str]]]:
    return [sentence for sentence in read_tagged(text, "a.txt").sentences if sentence]


TWO = [[("Berlin", "LOC"), ("is", "other")], [("Rome", "LOC"), ("fell", "other")]]


@pytest.mark.parametrize(
    "text",
    [
        "Berlin B-LOC\nis O\n\nRome B-LOC\nfell O\n",
        "Berlin\tB-LOC\nis\tO\n\nRome\tB-LOC\nfell\tO\n",
        "# sent_id = 1\n# text = Berlin is\nBerlin\tB-LOC\nis\tO\n\n# sent_id = 2\nRome\tB-LOC\nfell\tO\n",
        "# id 7 domain=en\nBerlin _ _ B-LOC\nis _ _ O\n\nRome _ _ B-LOC\nfell _ _ O\n",
        "Word\tTag\nBerlin\tB-LOC\nis\tO\n\nRome\tB-LOC\nfell\tO\n",
        "-DOCSTART- -X- O O\n\nBerlin NNP B B-LOC\nis VB I O\n \t\nRome NNP B I-LOC\nfell VB I O\n",
    ],
    ids=["blanks", "tabs", "comments", "comments between blanks", "header", "four columns"],
)
def test_every_form_gives_the_same_words_and_tags(text: str) -> None:
    assert sentences(text) == TWO


def test_a_word_of_a_file_with_tabs_keeps_its_blanks() -> None:
    assert sentences("New York\tB-LOC\nis\tO\n") == [[("New York", "LOC"), ("is", "other")]]
    assert sentences("10\u00a0000 NUM\nis O\n") == [[("10\u00a0000", "NUM"), ("is", "other")]]


@pytest.mark.parametrize(("begin", "end", "single"), ["BES", "BLU"])
def test_places_within_a_name_are_no_tags_of_their_own(begin: str, end: str, single: str) -> None:
    text = f"New {begin}-LOC\nYork {end}-LOC\nor O\nRome {single}-LOC\n"
    assert sentences(text) == [[("New", "LOC"), ("York", "LOC"), ("or", "other"), ("Rome", "LOC")]]


def test_a_tag_that_begins_like_a_place_is_kept_where_there_are_none() -> None:
    assert sentences("a E-mail\nb O\n") == [[("a", "E-mail"), ("b", "other")]]


def test_a_sign_for_a_number_is_a_word() -> None:
    assert sentences("# O\n1 NUM\n") == [[("#", "other"), ("1", "NUM")]]
    assert sentences("#\tO\n1\tNUM\n") == [[("#", "other"), ("1", "NUM")]]


def test_words_of_conll_u_have_their_parts_of_speech() -> None:
    lines = ["1-2\tzum\t_\t_\t_\t_\t_\t_\t_\t_", "1\tzu\tzu\tADP\tAPPR\t_\t3\tcase\t_\t_", "2\tdem\tder\tDET\tART\t_\t3\tdet\t_\t_"]
    tagged = read_tagged("# text = zum\n" + "\n".join(lines) + "\n", "a.conllu")
    assert tagged.sentences[0] == [("zu", "ADP"), ("dem", "DET")]
    assert tagged.assumed == ["a.conllu: 1 comment lines skipped, CoNLL-U: words of column 2, tags of column 4"]


def test_a_line_without_a_tag_and_a_file_with_one_tag_are_refused() -> None:
    with pytest.raises(LabError, match=r"a\.txt, line 2: expected a word and its tag, found 'is\\t'"):
        sentences("Berlin\tLOC\nis\t\n")
    with pytest.raises(LabError, match="all words have the tag 'O', so there is nothing to learn"):
        sentences("Berlin O\nis O\n")


def test_a_run_of_the_second_rules_reads_as_it_did(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("New York\tB-LOC\nis\tS-LOC\n\nRome\tLOC\n")
    before = own_tagged(f"file:{file}", 2)
    assert sorted(before.train + before.validation) == [[("New", "LOC"), ("is", "S-LOC")], [("Rome", "LOC")]]
