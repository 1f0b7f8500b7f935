"""What each line of a Python file is: what a reader has to understand, and what only surrounds it.

The definitions are those of docs/design/parts.md.
"""

from __future__ import annotations

import ast
import difflib
import enum
import functools
import io
import re
import tokenize
from collections.abc import Iterator


class Kind(enum.Enum):
    """The kind of a physical line."""

    BLANK = "blank"
    COMMENT = "comment"
    DOCSTRING = "docstring"
    IMPORT = "import"
    TYPING = "typing"
    TABLE = "table"
    CODE = "code"


# What counts towards the size of a part: what runs, and isn't data.
NET = frozenset({Kind.IMPORT, Kind.CODE})
# What has to be shown: what only the type checker reads, too.
SHOWN = NET | {Kind.TYPING}

_CONSTANT = re.compile(r"_{0,2}[A-Z][A-Z0-9_]*|__[a-z]+__")
_MAKERS = {"frozenset", "set", "tuple", "dict", "list", "re.compile"}
_PLAIN = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.Starred,
    ast.Subscript,
    ast.Slice,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.keyword,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.expr_context,
)

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@functools.lru_cache(maxsize=4096)
def kinds(text: str) -> tuple[Kind, ...]:
    """The kind of each line of a module. Raises SyntaxError."""
    tree = ast.parse(text)
    lines = text.split("\n")
    found = [Kind.CODE if line.strip() else Kind.BLANK for line in lines]
    for number in _comments(text):
        found[number - 1] = Kind.COMMENT
    for first, last, kind in _ranges(tree):
        for number in range(first, last + 1):
            if found[number - 1] in {Kind.CODE, Kind.COMMENT} or kind is Kind.DOCSTRING:
                found[number - 1] = kind
    return tuple(found)


def _comments(text: str) -> Iterator[int]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
            yield token.start[0]


def _ranges(tree: ast.Module) -> Iterator[tuple[int, int, Kind]]:
    records = _records(tree)
    for node in tree.body:
        last = node.end_lineno or node.lineno
        if is_import(node):
            kind = Kind.TYPING if isinstance(node, ast.If) else Kind.IMPORT
            yield node.lineno, last, kind
        elif is_table(node) or (isinstance(node, ast.ClassDef) and node.name in records):
            yield node.lineno, last, Kind.TABLE
    for owner in ast.walk(tree):
        if isinstance(owner, Definition | ast.Module) and owner.body:
            first = owner.body[0]
            if _is_text(first) and (isinstance(owner, ast.Module) or first.lineno > owner.lineno):
                yield first.lineno, first.end_lineno or first.lineno, Kind.DOCSTRING


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def is_import(node: ast.stmt) -> bool:
    """An import at module level, or an `if TYPE_CHECKING:` without an else."""
    if isinstance(node, ast.If) and not node.orelse:
        return ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
    return isinstance(node, ast.Import | ast.ImportFrom)


def is_table(node: ast.stmt) -> bool:
    """A constant at module level: an upper-case name, and a value that nothing computes."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value = node.target, node.value
    else:
        return False
    return (
        isinstance(target, ast.Name)
        and _CONSTANT.fullmatch(target.id) is not None
        and all(_is_plain(n) for n in ast.walk(value))
    )


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        # A row of a table: `Flag("--force", ...)`.
        maker = ast.unparse(node.func)
        return maker in _MAKERS or maker.rpartition(".")[2][:1].isupper()
    return isinstance(node, _PLAIN)


def _records(tree: ast.Module) -> set[str]:
    """The names of the classes that only say which keys a dict has."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(b).rpartition(".")[2] for b in node.bases}
            fields = [n for n in node.body if not _is_text(n)]
            if bases & (names | {"TypedDict"}) and all(
                isinstance(n, ast.AnnAssign | ast.Pass) for n in fields
            ):
                names.add(node.name)
    return names


@functools.lru_cache(maxsize=4096)
def changed(old: str, new: str) -> tuple[frozenset[int], frozenset[int]]:
    """The lines (from 1) of the old text that are gone, and those of the new one that came."""
    if old == new:
        return frozenset(), frozenset()
    gone: set[int] = set()
    came: set[int] = set()
    matcher = difflib.SequenceMatcher(None, old.split("\n"), new.split("\n"), autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            gone.update(range(i1 + 1, i2 + 1))
            came.update(range(j1 + 1, j2 + 1))
    return frozenset(gone), frozenset(came)


def new_lines(old: str, new: str) -> int:
    """How many net lines of code the new text has that the old one hasn't. Raises SyntaxError."""
    came = changed(old, new)[1]
    return sum(kind in NET for number, kind in enumerate(kinds(new), 1) if number in came)
