"""environment.yml, entry by entry."""

from __future__ import annotations

import pytest

from portico.builder.conda.document import Document, Entry, note, parse, wrong
from portico.errors import PorticoError

WHOLE = """\
name: my-app
channels:
  - conda-forge   # the usual one
  - nodefaults
dependencies:
  - python=3.10
  - conda-forge::gdal >=3.6
  - libgomp  # [linux]
  - pywin32  # [win]
  - sel(osx): appnope
  - sel(unix): pexpect
  - pip:
      - requests==2.32
      - -r more.txt
variables:
  DEBUG: 0
  SINCE: 3.10
  EMPTY: ""
prefix: /home/me/env
category: main
"""


def test_each_entry_keeps_its_words_and_its_line():
    assert parse(WHOLE) == (
        Document(
            name="my-app",
            channels=(Entry("conda-forge", 3), Entry("nodefaults", 4)),
            specs=(
                Entry("python=3.10", 6),
                Entry("conda-forge::gdal >=3.6", 7),
                Entry("libgomp", 8),
                Entry("pexpect", 11),
            ),
            pip=(Entry("requests==2.32", 13), Entry("-r more.txt", 14)),
            variables={"DEBUG": "0", "SINCE": "3.10", "EMPTY": ""},
            notes=(
                note(9, "`pywin32` is left out: it is for [win] only."),
                note(10, "`sel(osx)` is left out: it is for [osx] only."),
                note(19, "`prefix:` is ignored; Portico chooses the folder."),
                note(20, "`category:` is not a key of this file, and is ignored."),
            ),
        ),
        [],
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "dependencies:\nchannels:\nvariables:\n"])
def test_an_empty_file_asks_for_nothing(text: str):
    assert parse(text) == (Document(), [])


VARIABLES = "Write lines such as `  LOG_LEVEL: info` below `variables:`."


@pytest.mark.parametrize(
    ("text", "line", "what", "fix"),
    [
        (
            "dependancies:\n  - x\n",
            1,
            "`dependancies:` is not a key of this file.",
            "Write `dependencies:`.",
        ),
        (
            "name: a\nname: b\n",
            2,
            "`name:` stands there a second time.",
            "Make one of the two.",
        ),
        ("name: [a]\n", 1, "The name is not a word.", "Write `name: my-environment`."),
        (
            "- numpy\n",
            1,
            "The file is not a list of `key:` lines.",
            "Write `channels:` and `dependencies:`, each with a list below it.",
        ),
        (
            "channels: conda-forge\n",
            1,
            "`channels:` is not a list.",
            "Write `channels:` and below it lines such as `  - x`.",
        ),
        (
            "dependencies:\n  - pip: requests\n",
            2,
            "`pip:` is not a list.",
            "Write `pip:` and below it lines such as `  - x`.",
        ),
        (
            "dependencies:\n  - [a]\n",
            2,
            "An entry of the list is not a word.",
            "Write it as `- word`.",
        ),
        (
            "dependencies:\n  - numpy: 1.26\n",
            2,
            "`numpy:` does not belong among the dependencies.",
            "Write `- numpy=1.26` for a conda package, and others below `- pip:`.",
        ),
        (
            "dependencies:\n  - x  # [py27]\n",
            2,
            "The selector [py27] cannot be understood.",
            "Write one such as [linux], [not win] or [osx or linux], or remove it.",
        ),
        ("variables: [A]\n", 1, "`variables:` is not a list of `NAME: value`.", VARIABLES),
        ("variables:\n  1A: x\n", 2, "`1A` is no name of a variable.", VARIABLES),
        ("variables:\n  A: [x]\n", 2, "A has no value.", VARIABLES),
        ("variables:\n  A:\n", 2, "A has no value.", VARIABLES),
        ("variables:\n  PORTICO_URL: x\n", 2, "PORTICO_URL is set by Portico.", VARIABLES),
        ('variables:\n  A: "\\0"\n', 2, "The value of A holds a NUL character.", VARIABLES),
    ],
)
def test_what_makes_no_sense_is_told_with_its_line(text: str, line: int, what: str, fix: str):
    assert parse(text)[1] == [wrong(line, what, fix)]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("a: [\n", "Line 2: This is not YAML: while parsing a flow node, expected the node"),
        ("a: b: c\n", "Line 1: This is not YAML: mapping values are not allowed here."),
        ("a: *b\n", "Line 1: This is not YAML: found undefined alias 'b'."),
        ("\t- a\n", "Line 1: This is not YAML: while scanning for the next token, found"),
        ("a: \x01\n", "This is not YAML: unacceptable character #x0001"),
        ("a\n---\nb\n", "Line 2: This is not YAML: expected a single document in the stream,"),
        ("[" * 5000, "This is not YAML: "),
        ("#" * (1 << 20) + "##", "It has 1,048,578 characters; 1,048,576 are allowed."),
    ],
)
def test_what_is_not_yaml_is_told(text: str, detail: str):
    with pytest.raises(PorticoError) as caught:
        parse(text)
    assert caught.value.title == "environment.yml cannot be carried out."
    assert caught.value.detail.startswith(detail)
    assert caught.value.hint


def test_names_that_lead_to_each_other_end():
    found, problems = parse("dependencies: &a\n  - pip: *a\n")
    assert problems
    assert found.pip == ()
