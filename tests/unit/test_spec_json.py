"""Our JSON reader and writer against the json package, and what ours refuses on purpose."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anocir.errors import ConfigError
from anocir.spec import json as ours

ROOT = Path(__file__).resolve().parents[2]
DETERMINED = settings(derandomize=True, deadline=None, max_examples=300)

characters = st.characters(codec="utf-8", exclude_characters="\0")
texts = st.text(characters, max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    scalars.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@DETERMINED
@given(values, st.sampled_from([None, 0, 1, 2, 4]))
@example({}, 2)
@example([[], {}, [{}]], 2)
@example({"a": (1, 2), "b": -0.0, "c": 1e16, "d": 10**400}, None)
def test_dumps_writes_what_the_json_package_writes(value: object, indent: int | None) -> None:
    assert ours.dumps(value, indent) == json.dumps(value, indent=indent)


@DETERMINED
@given(values, st.sampled_from([None, 2]), st.booleans())
def test_loads_reads_what_the_json_package_wrote(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert ours.loads(text.encode(), "x") == value
    assert ours.loads(f" \t\r\n{text}\n ", "x") == value


@DETERMINED
@given(st.binary(max_size=40) | st.text("[]{}:,\"'\\u0123-.eEnatrlsfIy \n", max_size=30))
def test_loads_never_takes_what_the_json_package_refuses(text: bytes | str) -> None:
    try:
        value = ours.loads(text, "x")
    except ConfigError:
        return
    raw = text if isinstance(text, str) else text.decode()
    assert value == json.loads(raw)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "x: not JSON at line 1, column 1: expecting value"),
        (b"{}\n{}", "x: not JSON at line 2, column 1: extra data"),
        (b'{"a":1,}', "x: not JSON at line 1, column 8: "),
        (b'"a\x01"', "x: not JSON at line 1, column 3: invalid control character"),
        (b"\xff\xfe{\0}\0", "x: not UTF-8 text: byte 0xff at offset 0"),
        (b'{"a":"\xed\xa0\x80"}', "x: not UTF-8 text: byte 0xed at offset 6"),
        (b"\xef\xbb\xbf{}", "x: begins with a byte order mark"),
        ("\ufeff{}", "x: begins with a byte order mark"),
        ("{}".encode("utf-16-le"), "x: holds NUL characters; is it UTF-16?"),
        ('"\ud800"', "x: holds half of a surrogate pair"),
        (rb'{"a":{"b":["","\u0000"]}}', "x: a.b[1]: holds a NUL character"),
        (rb'{"a":"\udc00"}', "x: a: holds half of a surrogate pair"),
        (rb'{"a":{"b\u0000c":1}}', 'x: a["b\\u0000c"]: the name holds a NUL character'),
        (b'{"a":{"b":1,"c":2,"b":3}}', "x: a.b: given more than once"),
        (b'[{"a":1,"\\u0061":2}]', "x: [0].a: given more than once"),
        (b'{"a":NaN}', "x: a: found nan, allowed: a finite number"),
        (b"[-Infinity]", "x: [0]: found -inf, allowed: a finite number"),
        (b'{"a":{"b":1e999}}', "x: a.b: found inf, allowed: a finite number"),
        (b"1" * 5000, "x: a number has too many digits"),
        (b"[" * 100_000, "x: the values are nested too deeply"),
        (b'{"a":' * 100_000, "x: the values are nested too deeply"),
        (b'["\\u0061",' + b"[" * 990 + b"]" * 990 + b"]", "x: the values are nested too deeply"),
    ],
)
def test_text_that_is_refused(text: bytes | str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ours.loads(text, "x")
    assert caught.value.message.startswith(message)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("inside", ["", '"\\u0061"'])
def test_no_depth_of_nesting_gives_a_traceback(inside: str) -> None:
    """The scanner and the search for flaws run out of stack at depths of their own."""
    refused = 0
    for depth in range(1, 2000, 1 if inside else 7):
        try:
            ours.loads("[" * depth + inside + "]" * depth, "x")
        except ConfigError as error:
            assert error.message == "x: the values are nested too deeply"
            refused += 1
    assert refused


def test_every_flaw_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        ours.loads(rb'{"a":"\u0000","b":["\ud800",NaN],"c":1,"c":2}', "x")
    assert [line.partition(":")[0] for line in caught.value.violations] == [
        "c",
        "a",
        "b[0]",
        "b[1]",
    ]


def test_a_surrogate_pair_and_an_escaped_backslash_are_no_flaw() -> None:
    assert ours.loads(rb'["\ud83d\ude00", "\\u0000", "\u00e9"]', "x") == ["😀", "\\u0000", "é"]


def test_a_changed_private_scanner_is_replaced_by_the_public_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("_json.make_scanner")
    assert ours.loads(b'{"a": [1, 2.5, "\\u00e9"]}', "x") == {"a": [1, 2.5, "é"]}
    with pytest.raises(ConfigError, match="a: given more than once"):
        ours.loads(b'{"a":1,"a":2}', "x")


@pytest.mark.parametrize("value", [{1: 2}, {"a": {1}}, b"x", object()])
def test_dumps_refuses_what_json_does_not_have(value: object) -> None:
    with pytest.raises(TypeError):
        ours.dumps(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_dumps_refuses_numbers_that_json_does_not_have(value: object) -> None:
    with pytest.raises(ValueError, match="JSON has no"):
        ours.dumps(value)


def test_a_valid_text_is_read_without_the_json_package() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from anocir.spec import json\n"
        'assert json.dumps(json.loads(b\'{"a": ["\\\\u00e9", 1.5]}\', "x")) == '
        '\'{"a": ["\\\\u00e9", 1.5]}\'\n'
        'print(sorted({"json", "re", "enum"} & set(sys.modules)))'
    )
    done = subprocess.run(
        [sys.executable, "-ISc", program], check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), "the document"),
        (("a", 0, "b"), "a[0].b"),
        ((0,), "[0]"),
        (("a", "b.c", "d"), 'a["b.c"].d'),
        (("", "\n"), '[""]["\\n"]'),
        (("é",), '["\\u00e9"]'),
    ],
)
def test_paths_are_written_on_one_line_of_ascii(path: tuple[str | int, ...], text: str) -> None:
    assert ours.dotted(path) == text
