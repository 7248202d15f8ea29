"""What the station says, in the languages of the people who work at it.

A sentence has a code (`rule.expired`) and gaps (`{date}`). Each language has a folder of JSON files, one an
area, merged here. A sentence that a language lacks is said in English; a test keeps the languages complete.

A gap's value may be a word of ours: where the catalogue holds `GAP.VALUE` (`disposition.SCRAP`), that is
said.

>>> fill("Put it at {place}", {"place": "A-04-2"}, {})
'Put it at A-04-2'
>>> fill("It goes to {disposition}", {"disposition": "SCRAP"}, {"disposition.SCRAP": "Scrap"})
'It goes to Scrap'
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

LANGUAGES = ("en", "hi", "ta")
FALLBACK = "en"
LOCALES = Path(__file__).with_name("locales")

_GAP = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


def gaps(sentence: str) -> set[str]:
    """Names of the gaps in a sentence."""
    return set(_GAP.findall(sentence))


def fill(sentence: str, params: Mapping[str, object], words: Mapping[str, str]) -> str:
    """Put the parameters into the gaps; a gap without a parameter stays visible."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in params:
            return match.group(0)
        text = str(params[name])
        return words.get(f"{name}.{text}", text)

    return _GAP.sub(value, sentence)


class Catalogues:
    """All sentences in all languages, read once at the start."""

    def __init__(self, folder: Path = LOCALES) -> None:
        own = {language: read_language(folder / language) for language in LANGUAGES}
        self._merged = {
            language: MappingProxyType({**own[FALLBACK], **own[language]}) for language in LANGUAGES
        }
        everything = json.dumps({k: dict(v) for k, v in self._merged.items()}, sort_keys=True)
        self.digest = hashlib.sha256(everything.encode()).hexdigest()[:12]

    def language(self, wanted: str | None, default: str) -> str:
        """`wanted` where the station speaks it, else the station's default."""
        if wanted in LANGUAGES:
            return wanted
        return default if default in LANGUAGES else FALLBACK

    def sentences(self, language: str) -> Mapping[str, str]:
        """Every sentence in a language; what it lacks is in English."""
        return self._merged[language]

    def text(self, language: str, code: str, params: Mapping[str, object] | None = None) -> str:
        """A sentence with its gaps filled; an unknown code is shown as it is, so that nothing is hidden."""
        words = self._merged[language]
        return fill(words.get(code, code), params or {}, words)

    def knows(self, code: str) -> bool:
        """Whether there is a sentence for this code."""
        return code in self._merged[FALLBACK]


def read_language(folder: Path) -> dict[str, str]:
    """Merge a language's files.

    Raises:
        ValueError: A file is not an object of texts.
    """
    merged: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
            raise ValueError(f"{path.name} in {folder.name}: expected an object of texts by code")
        merged.update(content)
    return merged
