"""Tables as people have them: what the numbers are, which columns are used, and what is said about it."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from lab import api
from lab.data.numerals import decimal_mark, number
from lab.data.table import NumberTable, read_table
from lab.errors import LabError
from lab.registry import recipe

CPU = torch.device("cpu")
A = [20.84, 21.31, 21.52, 21.89, 22.66]
B = [1000.8, 1003.7, 1006.0, 1009.2, 1012.5]


def read(text: str | bytes) -> NumberTable:
    return read_table(text if isinstance(text, bytes) else text.encode(), "t.csv")


def rows(pattern: str = "{a},{b}", count: int = 5) -> str:
    """`count` lines with the numbers of A and B and a running number i."""
    return "".join(pattern.format(a=a, b=b, i=i + 1, m=f"m{i}") + "\n" for i, (a, b) in enumerate(zip(A[:count], B[:count], strict=True)))


def why(table: NumberTable, name: str) -> str:
    column = next(column for column in table.columns if column.name == name)
    return f"{'used' if column.used else 'ignored'}: {column.why}"


# -- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "with_point", "with_comma"),
    [
        ("20,84", None, 20.84), ("1,234.5", 1234.5, None), ("1.234,5", None, 1234.5), ("1,234", 1234.0, 1.234), ("1.234", 1.234, 1234.0),
        ("0,123", None, 0.123), ("1 234,5", None, 1234.5), ("1'234.5", 1234.5, None), ("12 %", 12.0, 12.0), ("$1.50", 1.5, None),
        ("\u20ac 3,20", None, 3.2), ("(7)", -7.0, -7.0), ("7.5-", -7.5, None), ("\u22123", -3.0, -3.0), ("1,5E+03", None, 1500.0), ("1.5D+03", 1500.0, None),
        ("1,2,3", None, None), ("5-3", None, None), ("12kg", None, None), ("1e999", None, None), ("0x1F", None, None), ("", None, None),
    ],
)  # fmt: skip
def test_a_cell_is_the_number_that_a_person_reads_in_it(cell: str, with_point: float | None, with_comma: float | None) -> None:
    assert (number(cell, "."), number(cell, ",")) == (with_point, with_comma)


def test_the_decimal_mark_is_what_most_cells_show() -> None:
    assert decimal_mark(["1,5", "2,25", "1.234"]) == ","
    assert decimal_mark(["1,234", "5,678"]) is None
    assert decimal_mark(["1,234.5", "1,234"]) == "."


# -- layouts -------------------------------------------------------------------------------------------------------

PLAIN = "a,b\n" + rows()
LAYOUTS: dict[str, tuple[str | bytes, list[str]]] = {
    "plain": (PLAIN, ["a", "b"]),
    "decimal commas": ("Datum;Temperatur;Last\n" + "".join(
        f"2022-01-0{i + 1};{str(a).replace('.', ',')};{str(b).replace('.', ',')}\n" for i, (a, b) in enumerate(zip(A, B, strict=True))
    ), ["Temperatur", "Last"]),
    "thousands with points": ("a;b\n" + "".join(
        f"{str(a).replace('.', ',')};{f'{b:,.1f}'.translate(str.maketrans(',.', '.,'))}\n" for a, b in zip(A, B, strict=True)
    ), ["a", "b"]),
    "quoted thousands": ("a,b\n" + "".join(f'{a},"{b:,.1f}"\n' for a, b in zip(A, B, strict=True)), ["a", "b"]),
    "byte-order mark": ("\ufeff" + PLAIN, ["a", "b"]),
    "byte-order mark, no header": ("\ufeff" + rows(), ["column 1", "column 2"]),
    "no header": (rows(), ["column 1", "column 2"]),
    "years as header": ("month,2021,2022\n" + rows("{m},{a},{b}"), ["2021", "2022"]),
    "only numbers as header": ("2021,2022\n" + rows(), ["2021", "2022"]),
    "pandas' numbered columns": (",0,1\n" + rows("{i},{a},{b}"), ["0", "1"]),
    "UTF-16": (PLAIN.encode("utf-16"), ["a", "b"]),
    "UTF-16 without a mark": (PLAIN.encode("utf-16-be"), ["a", "b"]),
    "Latin-1": ("Tag;\u00b0C;\u00e4\n".encode("latin-1") + rows("{i};{a};{b}").encode(), ["\u00b0C", "\u00e4"]),
    "CRLF": (PLAIN.replace("\n", "\r\n"), ["a", "b"]),
    "old Mac": (PLAIN.replace("\n", "\r"), ["a", "b"]),
    "tabs": (PLAIN.replace(",", "\t"), ["a", "b"]),
    "bars": (PLAIN.replace(",", " | "), ["a", "b"]),
    "blanks": ("  a      b\n" + rows("  {a}  {b}"), ["a", "b"]),
    "blanks and decimal commas": ("a b\n" + rows("{a} {b}").replace(".", ","), ["a", "b"]),
    "commas and blanks": (PLAIN.replace(",", ", "), ["a", "b"]),
    "Excel's sep line": ("sep=;\n" + PLAIN.replace(",", ";"), ["a", "b"]),
    "comments": ("# station 7\n# degrees\n" + PLAIN + "# end\n", ["a", "b"]),
    "header in a comment": ("# a b\n" + rows("{a} {b}"), ["a", "b"]),
    "lines above the table": ("Report of the year\n\n" + PLAIN, ["a", "b"]),
    "units": ("a,b\nm/s,kPa\n" + rows(), ["a", "b"]),
    "total at the end": (PLAIN + "Total,5034.2\n", ["a", "b"]),
    "source at the end": (PLAIN + "\nSource: office of statistics\n", ["a", "b"]),
    "blank lines": (PLAIN.replace("\n", "\n\n"), ["a", "b"]),
    "quoted cells with lines": ('a,b,note\n' + rows('{a},{b},"two\nlines, here"'), ["a", "b"]),
    "comma at every end": ("a,b,\n" + rows("{a},{b},"), ["a", "b"]),
    "row numbers without a title": ('"a" "b"\n' + rows('"{i}" {a} {b}'), ["a", "b"]),
    "percent signs": ("a,b\n" + rows("{a}%,{b} %"), ["a", "b"]),
    "currency": ("a,b\n" + rows("${a},\u20ac{b}"), ["a", "b"]),
    "times of day": ("time,a,b\n" + rows("12:0{i},{a},{b}"), ["a", "b"]),
    "dates as words": ("when,a,b\n" + rows("{i} March 2021,{a},{b}"), ["a", "b"]),
    "dates as numbers": ("d,a,b\n" + rows("2021010{i},{a},{b}"), ["a", "b"]),
    "seconds since 1970": ("timestamp,a,b\n" + "".join(f"{1.6e9 + i * i:.0f},{a},{b}\n" for i, (a, b) in enumerate(zip(A, B, strict=True))),
                           ["a", "b"]),
    "form feed in a cell": ("a,b,note\n" + rows("{a},{b},x\x0cy\u2028z\x85"), ["a", "b"]),
    "DOS's end of file": (PLAIN + "\x1a", ["a", "b"]),
    "no line end after the last": (PLAIN.rstrip("\n"), ["a", "b"]),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_numbers(layout: str) -> None:
    text, names = LAYOUTS[layout]
    table = read(text)
    assert table.names == names
    np.testing.assert_array_equal(table.values, np.array([A, B]).T)


def test_a_table_without_quotes_is_the_same_as_with_them() -> None:
    """The two are cut by different readers."""
    cells = [["day", "a", "b"], ["1", "1.5", "-2"], ["2", "", "+7"], ["3", "2.", "1,234"], ["4", "3.25", "8"]]
    plain, quoted = ("\n\n".join(";".join(f"{q}{cell}{q}" for cell in row) for row in cells) + "\n; ;\n" for q in ("", '"'))
    tables = [read(text) for text in (plain, plain.replace(";", "; "), quoted)]
    for table in tables:
        np.testing.assert_array_equal(table.values, [[1.5, -2], [1.75, 7], [2, 1234], [3.25, 8]])
        assert why(table, "a") == "used: 3 numbers; 1 gap interpolated (line 5)"


def test_a_long_table_is_read_by_the_same_rules_in_every_block() -> None:
    lines = [f"{i // 28 % 12 + 1}/{i % 28 + 1}/2021 10:00,{i}.5" for i in range(25_000)]
    lines[12_345] = "3/3/2021 10:00,n/a"
    table = read("when,x\n" + "\n".join(lines))
    assert table.values.shape == (25_000, 1)
    np.testing.assert_array_equal(table.values[[0, 12_345, 24_999], 0], [0.5, 12_345.5, 24_999.5])
    assert why(table, "when") == "ignored: dates or times"
    assert why(table, "x").endswith("1 gap interpolated (line 12347)")


def test_one_column_under_a_name_has_decimal_commas() -> None:
    table = read("Wert\n1,5\n2,5\n3,25\n")
    assert table.names == ["Wert"]
    np.testing.assert_array_equal(table.values, [[1.5], [2.5], [3.25]])
    np.testing.assert_array_equal(read("1.5\n2.5\n3.25\n").values, [[1.5], [2.5], [3.25]])


# -- columns -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["", "NA", "-", "?", "n/a", "NaN", "#N/A", "null", "\u2013", "inf", "21.3.1", "error"])
def test_one_bad_cell_is_a_gap_that_is_named_and_filled(cell: str) -> None:
    table = read("day,a,b\n" + rows("{i},{a},{b}").replace("21.31", cell))
    np.testing.assert_allclose(table.values[:, 0], [20.84, (20.84 + 21.52) / 2, 21.52, 21.89, 22.66])
    assert why(table, "a").startswith("used: 4 numbers; 1 gap interpolated (line 3")
    assert any("column 'a': used, 4 numbers; 1 gap" in sentence for sentence in table.assumed)
    if cell in ("21.3.1", "error"):
        assert f"'{cell}' in line 3 is not a number" in why(table, "a")


def test_gaps_at_the_ends_have_the_nearest_value() -> None:
    table = read("a,b\n,1.5\n2.5,2.75\n3.5,3\n4.75,4\nNA,5.5\n")
    np.testing.assert_array_equal(table.values[:, 0], [2.5, 2.5, 3.5, 4.75, 4.75])


def test_every_column_says_why_it_is_used_or_not() -> None:
    text = "i,date,price,place,void,price,month,mostly\n" + "".join(
        f"{i},2021-01-{i:02},{i * i},town {i},,{-i},{i % 3 + 1},{i if i < 4 else ''}\n" for i in range(1, 13)
    )
    table = read(text)
    assert table.names == ["price", "price (2)"]
    assert [why(table, name) for name in ("i", "date", "place", "void", "month", "mostly")] == [
        "ignored: an index: increases by 1 per row", "ignored: dates or times", "ignored: not numeric ('town 1' in line 2)",
        "ignored: empty", "ignored: parts of a date", "ignored: more than half of the cells are empty (9 of 12 rows)",
    ]  # fmt: skip
    assert table.assumed[0] == "t.csv: 12 rows; separator: comma, decimal point, header in line 1"


@pytest.mark.parametrize(
    "dates", [["2021-01-03", "2021-01-02", "2021-01-01"], ["1/13/2021", "1/12/2021", "1/11/2021"], ["13.1.21", "12.1.21", "11.1.21"]]
)
def test_rows_that_run_backwards_in_time_are_turned_round(dates: list[str]) -> None:
    table = read("Date,Close\n" + "".join(f"{day},{i}.5\n" for i, day in enumerate(dates)))
    np.testing.assert_array_equal(table.values[:, 0], [2.5, 1.5, 0.5])
    assert table.assumed[-1] == "t.csv: rows are in reverse chronological order (column 'Date'); they are read from last to first"


def test_rows_out_of_order_and_repeated_times_are_said() -> None:
    long = read("date,store,sales\n2021-01-01,A,1.5\n2021-01-01,B,2.5\n2021-01-02,A,1.75\n2021-01-02,B,2.25\n")
    assert "times repeat in column 'date' (first in line 3)" in long.assumed[-1]
    mixed = read("date,x\n2021-01-01,1.5\n2021-01-03,2.5\n2021-01-02,1.75\n")
    assert "not in the order of column 'date' (line 4 is earlier than the line above)" in mixed.assumed[-1]
    assert "order" not in read("date,x\n1/13/2021,1.5\n2/1/2021,2.5\n2/13/2021,1.75\n").assumed[-1]
    american = read("date,x\n1/12/2021,1.5\n1/13/2021,2.5\n2/3/2021,1.75\n1/14/2021,3.5\n").assumed[-1]
    assert "line 5 is earlier than the line above" in american  # One reading for all: no 1 December before 13 January.


def test_identifiers_and_columns_that_never_change_are_named() -> None:
    table = read("user_id,x,y\n17,1.5,3\n4,2.5,3\n99,2.75,3\n")
    assert table.names == ["x", "y"]
    assert why(table, "user_id") == "ignored: identifiers: all values differ"
    assert why(table, "y") == "used: 3 numbers; constant"


def test_an_index_is_a_series_where_there_is_nothing_else() -> None:
    assert read("n\n1\n2\n3\n4\n").names == ["n"]


def test_the_header_of_a_second_file_that_was_joined_to_the_first_is_no_row() -> None:
    january, february = ("day,x\n" + "".join(f"2021-{month:02}-{i:02},{i + month}.5\n" for i in range(1, 9)) for month in (1, 2))
    table = read(january + february)
    np.testing.assert_array_equal(table.values[:, 0], [i + month + 0.5 for month in (1, 2) for i in range(1, 9)])
    assert "the header again in line 10 ignored" in table.assumed[0]
    assert why(table, "x") == "used: 16 numbers"


def test_a_table_that_never_changes_or_is_none_is_refused() -> None:
    with pytest.raises(LabError, match=r"t\.csv has nothing to learn: 'x' never changes"):
        read("t,x\n0,5\n1,5\n2,5\n3,5\n")
    with pytest.raises(LabError, match=r"t\.csv is JSON, not CSV"):
        read('[{"a": 1}, {"a": 2}]')


def test_the_rule_below_a_markdown_header_is_no_row() -> None:
    table = read("| a | b |\n|---|:--:|\n| 1.5 | 2 |\n| 2.5 | 7 |\n| 3.5 | 4 |\n")
    np.testing.assert_array_equal(table.values, [[1.5, 2], [2.5, 7], [3.5, 4]])
    assert "line 2 ignored as a rule below the header" in table.assumed[0]


def test_a_table_of_one_column_is_said_to_be_one() -> None:
    assert "t.csv: 3 rows; a single column, decimal point, header in line 1" in read("x\n1.5\n2.5\n7.5\n").assumed[0]


def test_columns_can_be_asked_for_by_name() -> None:
    table = read_table(("day,a,b\n" + rows("{i},{a},{b}")).encode(), "t.csv", ["day", "b"])
    assert table.names == ["day", "b"]
    np.testing.assert_array_equal(table.values[:, 0], [1, 2, 3, 4, 5])
    with pytest.raises(LabError, match="has no column 'c': expected one of 'a', 'b'"):
        read_table(PLAIN.encode(), "t.csv", ["c"])
    with pytest.raises(LabError, match=r"column 'w': ignored, not numeric \('x' in line 2\)"):
        read_table(b"w,a\nx,1.5\ny,2.5\nz,4\n", "t.csv", ["w"])


# -- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2\n3\n4,5\n6,7\n", "line 3: expected 2 columns, found 1"),
        ("a,b\n1,2\n3,4,5\n4,5\n6,7\n", "line 3: expected 2 columns, found"),
        ("a,b\n1,2\n3,4,5,6,7\n4,5\n6,7\n", "line 3: expected 2 columns, found"),
        ('a,b\n1,2\n"3,4\n4,5\n6,7\n', r'line 3: a quote \("\) opened here is never closed'),
        ("a,b\nx,y\nz,w\n", r"no numeric column to learn from: column 'column 1': ignored, not numeric \('a' in line 1\)"),
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("# only words\n", "is empty"),
        (b"PK\x03\x04\x00\x00\x08\x00" * 40, "is a spreadsheet .* save the sheet as CSV"),
        (b"\x1f\x8b\x08\x00", r"is compressed \(gzip\): unpack it first"),
        (b"ab\x00\x00" * 40, "NUL characters"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused_with_its_place(text: str | bytes, sentence: str) -> None:
    with pytest.raises(LabError, match=sentence):
        read(text)


# -- lines that are no rows, and names that shift -----------------------------------------------------------------


ROWS = [(1.5, 2), (2.5, 3), (4, 9)]


@pytest.mark.parametrize(
    "text",
    [
        "SEP=;\na;b\n1,5;2\n2,5;3\n4;9\n",
        "a,b\n1.5,2,\n2.5,3,\n4,9,\n",
        "a,b\n1.5,2,,\n2.5,3,,\n4,9,,\n",
        "// logger 7\n// x, y\na,b\n1.5,2\n2.5,3\n4,9\n",
        "% exported\na,b\n1.5,2\n% pause, 5\n2.5,3\n4,9\n",
        "a,b\n\u0661.\u0665,\u0662\n2.5,\uff13\n4,\u0669\n",
    ],
    ids=["SEP=", "separator at the end of rows", "two of them", "slashes", "percent signs", "digits of other scripts"],
)
def test_names_stay_over_their_numbers(text: str) -> None:
    table = read_table(text.encode(), "x.csv")
    assert (table.names, table.values.tolist()) == (["a", "b"], [list(row) for row in ROWS])


def test_rows_whose_names_begin_with_a_hash_are_no_comments() -> None:
    table = read_table(b"id,v\n#1,2.5\n#2,3.5\n#3,9\n", "x.csv")
    assert (table.names, table.values[:, 0].tolist()) == (["v"], [2.5, 3.5, 9])


def test_three_lines_of_headers_are_no_rows() -> None:
    """As pandas writes columns of two levels."""
    days = "".join(f"2020-01-{i:02},{i * i},{i % 3 + 0.5}\n" for i in range(1, 20))
    table = read_table(f"Price,Close,High\nTicker,AA,AA\nDate,,\n{days}".encode(), "x.csv")
    assert (table.names, table.values[0].tolist(), len(table.values)) == (["Close", "High"], [1, 1.5], 19)
    assert "line 2 ignored as units ('Ticker, AA, AA'), line 3 ignored as units" in table.assumed[0]


def test_a_first_row_with_a_gap_stays_a_row() -> None:
    table = read_table(b"day,a\n2020-01-01,\n2020-01-02,5\n2020-01-03,7\n2020-01-04,6\n", "x.csv")
    assert table.values[:, 0].tolist() == [5, 5, 7, 6]


def test_lakhs_are_numbers() -> None:
    assert read_table(b'a\n"1,00,000"\n"12,34,567.5"\n"50,000"\n', "x.csv").values[:, 0].tolist() == [100000, 1234567.5, 50000]


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("a;b\n1,234;2\n2,345;7\n", 1.234, "decimal comma (1,234 is read as 1.234)"),
        ('a,b\n"1,234",2\n"2,345",7\n', 1234, "decimal point (1,234 is read as 1234)"),
    ],
)
def test_what_may_be_thousands_or_decimals_is_said(text: str, value: float, said: str) -> None:
    table = read_table(text.encode(), "x.csv")
    assert table.values[0, 0] == value
    assert said in table.assumed[0]


def test_decimal_commas_between_commas_are_refused() -> None:
    with pytest.raises(LabError, match=r"x\.csv, line 2: expected 2 columns, as line 1 names, found 4\. Decimal commas need another"):
        read_table(b"a,b\n1,5,2,5\n2,5,3,5\n4,0,9,1\n", "x.csv")


def test_a_value_that_often_stands_for_a_gap_is_told() -> None:
    table = read_table(b"a,b\n1,2\n-999,3\n4,9\n-999,1\n", "x.csv")
    assert table.values[1, 0] == -999
    assert table.columns[0].why == "4 numbers; 2 of them -999, read as a number: empty the cells where it stands for a gap"
    assert table.columns[1].why == "4 numbers"


# -- the forecaster ------------------------------------------------------------------------------------------------


def test_values_near_a_billion_keep_their_differences(tmp_path: Path) -> None:
    """In float32 neighbours there are 64 apart."""
    file = tmp_path / "a.csv"
    file.write_text("a\n" + "".join(f"{1e9 + math.sin(i / 5):.6f}\n" for i in range(200)))
    forecast = recipe("forecast")
    experiment = forecast.experiment_class()(forecast.config_class().parse({"data": f"file:{file}", "window": 8, "hidden": 4}), CPU)
    values, _, deviation, _ = experiment.series
    assert 0.6 < deviation[0] < 0.8
    wave = np.sin(np.arange(200) / 5)
    expected = (wave - wave[:160].mean()) / wave[:160].std()
    np.testing.assert_allclose(values[:, 0].numpy(), expected, atol=2e-5)
    truth = experiment.answer("one_step_ahead", experiment.net.eval(), {"length": 10}).series["truth"][1]
    np.testing.assert_allclose(truth - 1e9, wave[161:170], atol=1e-5)


def test_log_screen_and_config_list_the_columns(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("day,a,b\n" + "".join(f"{i},{math.sin(i)},{'?' if i == 7 else i % 5}\n" for i in range(90)))
    run = api.train("forecast", steps=1, run=tmp_path / "run", device="cpu", data=f"file:{file}", window=4, hidden=4, columns="a, b")
    stored = run.stored["data"]
    assert stored["columns"] == ["a", "b"]
    gap = "89 numbers; 1 gap interpolated (line 9)"
    assert stored["table"][2] == {"name": "b", "used": True, "why": gap}
    assert f"column 'b': used, {gap}" in (run.path / "log.txt").read_text()
    assert run.show("columns").rows[2] == ["b", "yes", gap]


@pytest.mark.parametrize("size", [1e300, 1e-300])
def test_series_of_any_size_have_mean_0_and_variance_1(tmp_path: Path, size: float) -> None:
    """Their squares are no numbers of float64."""
    file = tmp_path / "a.csv"
    file.write_text("a,b\n" + "".join(f"{size * (i * i % 7 + 1)!r},{i % 5}\n" for i in range(200)))
    forecast = recipe("forecast")
    experiment = forecast.experiment_class()(forecast.config_class().parse({"data": f"file:{file}", "window": 8, "hidden": 4}), CPU)
    values, _, deviation, _ = experiment.series
    plain = np.array([i * i % 7 + 1 for i in range(200)], np.float64)
    np.testing.assert_allclose(deviation[0], size * plain[:160].std(), rtol=1e-12)
    np.testing.assert_allclose(values[:, 0].numpy(), (plain - plain[:160].mean()) / plain[:160].std(), rtol=1e-5)
