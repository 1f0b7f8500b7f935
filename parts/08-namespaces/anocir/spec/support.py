"""Which settings of a valid config does this runtime leave unapplied?"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from anocir.spec.types import Config


def unsupported(config: Config, applied: Collection[str]) -> list[str]:
    """Return the JSON paths of settings that the config makes and the runtime does not apply.

    ``applied`` holds paths such as ``process.env``; each covers all that lies below it. The path
    returned is the highest below which nothing is applied. A setting that asks for nothing
    (false, 0, empty) is not mentioned.
    """

    def unapplied(value: object, path: str) -> Iterator[str]:
        if path in applied or not value:
            return
        if path and not any(known.startswith(f"{path}.") for known in applied):
            yield path
        elif isinstance(value, dict):
            for name, item in value.items():
                yield from unapplied(item, f"{path}.{name}" if path else name)

    return list(unapplied(config, ""))
