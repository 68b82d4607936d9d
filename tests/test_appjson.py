"""app.json."""

from __future__ import annotations

import json

import pytest

from portico.appjson import AppJson, Liveness, parse
from portico.errors import PorticoError
from portico.remarks import Remark, Remarked


def test_reads_what_portico_follows():
    found = parse(
        json.dumps(
            {
                "name": "An app",
                "env": {
                    "SECRET_KEY": {"generator": "secret", "description": "for signing"},
                    "LEVEL": {"value": "3"},
                    "PLAIN": "text",
                    "API_KEY": {"description": "from the vendor"},
                    "OPTIONAL": {"required": False},
                },
                "formation": {"web": {"quantity": 2}, "Mail_Queue": {"quantity": 0}},
                "scripts": {"postdeploy": "./seed", "dokku": {"predeploy": "npm run build"}},
                "healthchecks": {
                    "web": [
                        {"type": "liveness", "path": "/live", "wait": 30, "initialDelay": 9},
                        {"type": "startup", "path": "/up"},
                    ]
                },
            }
        )
    )
    assert found == AppJson(
        formation={"web": 2, "mail-queue": 0},
        defaults={"LEVEL": "3", "PLAIN": "text"},
        generated=("SECRET_KEY",),
        required=("API_KEY",),
        health_path="/up",
        liveness=Liveness("/live", attempts=3, timeout=5, wait=30, initial_delay=9),
        predeploy="npm run build",
        postdeploy="./seed",
    )


def test_warns_of_what_it_does_not_read():
    found = parse(
        '{\n  "cron": [{}],\n  "formations": 1,\n'
        '  "scripts": {\n    "test": "x",\n    "dokku": {"postdeploy": "y"}}}'
    )
    assert found.warnings == (
        Remark(
            "app.json",
            3,
            "`formations` is not a field that Portico reads.",
            "Write `formation`, or leave it out.",
        ),
        Remark(
            "app.json",
            2,
            "`cron` is not carried out yet; schedules come with a later version.",
            "Leave it out until then.",
        ),
        Remark(
            "app.json",
            5,
            "`scripts.test` is not a script that Portico runs.",
            "Write `scripts.postdeploy`, or leave it out.",
        ),
        Remark(
            "app.json",
            6,
            "`scripts.dokku.postdeploy` is not a script that Portico runs.",
            "Write `scripts.dokku.predeploy`, or leave it out.",
        ),
    )


def test_knows_the_lines_of_fields_that_are_wrong():
    text = '{\n"env": {\n"A-B": "x",\n"C": 3},\n"formation": {\n"web": {"quantity": -1}}}'
    with pytest.raises(Remarked) as caught:
        parse(text)
    assert [remark.line for remark in caught.value.remarks] == [3, 4, 6]


def test_names_line_and_column_of_broken_json():
    with pytest.raises(PorticoError) as caught:
        parse('{\n  "env": {,}\n}')
    assert str(caught.value) == (
        "app.json is not valid JSON.\n"
        "Line 2, column 11: Expecting property name enclosed in double quotes.\n"
        "Correct it there; a comma too many or too few is the usual cause."
    )


@pytest.mark.parametrize("text", ["[]", "null", "3", '"x"', "[" * 100_000])
def test_refuses_what_is_no_object(text: str):
    with pytest.raises(PorticoError, match=r"^app\.json is not "):
        parse(text)


def test_names_every_field_that_is_wrong():
    with pytest.raises(PorticoError) as caught:
        parse(
            json.dumps(
                {
                    "env": {"A-B": "x", "C": 3, "D": {"generator": "uuid"}, "E": {"value": 1}},
                    "formation": {"web": {"quantity": -1}, "a b": {}},
                    "scripts": {"postdeploy": ["a"]},
                    "healthchecks": {"web": [{"path": "up"}]},
                }
            )
        )
    assert str(caught.value) == (
        "app.json asks for something that Portico cannot do.\n"
        "env: 'A-B' is not a variable name.\n"
        "env.C must be a string or an object.\n"
        "env.D.generator can only be `secret`.\n"
        "env.E.value must be a string.\n"
        "formation.web.quantity must be a whole number from 0 to 100.\n"
        "formation: 'a b' is not a process type.\n"
        "healthchecks.web: `path` must begin with a slash, without spaces.\n"
        "scripts.postdeploy must be a line of shell.\n"
        "Correct these fields, or leave them out."
    )


def test_takes_the_wrong_kind_of_a_field_for_a_problem_not_for_a_crash():
    with pytest.raises(PorticoError) as caught:
        parse('{"env": [1], "formation": "x", "healthchecks": {"web": "x"}, "scripts": 3}')
    assert caught.value.detail == (
        "env must be an object.\n"
        "formation must be an object.\n"
        "healthchecks.web must be a list.\n"
        "scripts must be an object."
    )


def test_a_number_without_an_end_is_named():
    with pytest.raises(PorticoError) as caught:
        parse(f'{{"formation": {{"web": {"1" * 5000}}}}}')
    assert str(caught.value) == (
        "app.json is not valid JSON.\n"
        "A number in it has more than 4300 digits.\n"
        "Correct that number, or leave it out."
    )


def test_one_that_is_too_long_is_not_read_in_part():
    with pytest.raises(PorticoError) as caught:
        parse(" " * (256 << 10) + "{}")
    assert str(caught.value) == (
        "app.json is too long.\n"
        "It has 262,146 characters; 262,144 are allowed.\n"
        "Leave out what Portico does not read."
    )


def test_a_liveness_check_out_of_bounds_is_refused():
    check = {"type": "liveness", "path": "up", "attempts": 0, "wait": "5", "timeout": True}
    with pytest.raises(PorticoError) as caught:
        parse(json.dumps({"healthchecks": {"web": [check]}}))
    assert caught.value.detail == (
        "healthchecks.web: `path` must begin with a slash, without spaces.\n"
        "healthchecks.web: `attempts` must be a whole number from 1 to 100.\n"
        "healthchecks.web: `timeout` must be a whole number from 1 to 300.\n"
        "healthchecks.web: `wait` must be a whole number from 1 to 3600."
    )


def test_what_a_liveness_check_asks_for_in_vain_is_warned_of():
    text = '{"healthchecks": {"web": [\n{"type": "liveness",\n "content": "ok"}]}}'
    assert parse(text).warnings == (
        Remark(
            "app.json",
            3,
            "`content` of a liveness check is not a field that Portico reads.",
            "Leave it out.",
        ),
    )


def test_checks_of_other_processes_are_warned_of():
    text = '{"healthchecks": {\n"worker": [{"type": "liveness"}]}}'
    assert parse(text).warnings == (
        Remark(
            "app.json",
            2,
            "`healthchecks.worker` is not read: only web processes are asked.",
            "Leave it out.",
        ),
    )
