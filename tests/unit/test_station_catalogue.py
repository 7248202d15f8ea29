"""The catalogues are complete in every language, with the same gaps, and know every code in use."""

import json
import re
from pathlib import Path

import pytest

from edge.grading.decision import Disposition, Grade, StockState
from edge.grading.override import OverrideReason
from edge.inspection.desk import Phase, QuestionKind
from edge.inspection.summaries import OmsState
from edge.station.catalogue import LANGUAGES, LOCALES, Catalogues, fill, gaps, read_language
from edge.station.errors import StationRequestError
from edge.station.services import HealthState, ReasonCodes
from vision.findings import DefectKind

ENGLISH = read_language(LOCALES / "en")
STATION = Path(LOCALES).parent
SIGNS_IN = {"hi": re.compile(r"[\u0900-\u097f]"), "ta": re.compile(r"[\u0b80-\u0bff]")}
# Names, formats and values that every language writes the same way.
NAMES = r"\{[a-z_]+\}|GTIN|RMA|OMS|SKU|HTTP|API|DD|MM|YYYY|kg|ml|[gl]|Mosquitto|sudo apt .*"
ALIKE = re.compile(rf"^[\s\d\W]*(({NAMES})[\s\W]*)*$")


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_sentence_is_translated_with_the_same_gaps(language):
    translated = read_language(LOCALES / language)
    assert sorted(ENGLISH.keys() - translated.keys()) == []
    assert sorted(translated.keys() - ENGLISH.keys()) == []
    assert [code for code in ENGLISH if gaps(ENGLISH[code]) != gaps(translated[code])] == []
    untranslated = [
        code
        for code, text in translated.items()
        if not SIGNS_IN[language].search(text) and not ALIKE.match(text)
    ]
    assert untranslated == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_stands_in_two_files(language):
    seen: dict[str, str] = {}
    for path in sorted((LOCALES / language).glob("*.json")):
        pairs = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=list)
        for code, _ in pairs:
            assert code not in seen, f"{code}: {seen[code]} and {path.name}"
            seen[code] = path.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_clean(language):
    for code, text in read_language(LOCALES / language).items():
        assert text == text.strip() != "", code
        assert "  " not in text, code
        assert text.count("{") == len(re.findall(r"\{[a-z_][a-z0-9_]*\}", text)), code


def test_every_word_of_the_domain_has_a_sentence():
    wanted = [
        *(f"disposition.{each.value}" for each in Disposition),
        *(f"grade_means.{each.value}" for each in Grade),
        *(f"kind.{each.value}" for each in DefectKind),
        *(f"state.{each.value}" for each in StockState),
        *(f"oms_state.{each.value}" for each in OmsState),
        *(f"health_state.{each.value}" for each in HealthState),
        *(f"guide.{each.value}" for each in Phase),
        *(f"guide.question.{each.value}" for each in QuestionKind),
        *(f"reason.{each.value}" for each in OverrideReason),
        *(f"reason.{each}" for each in (*ReasonCodes().set_aside, *ReasonCodes().resolve)),
        *(error.code for error in StationRequestError.__subclasses__()),
    ]
    assert [code for code in wanted if code not in ENGLISH] == []


def test_every_code_that_pages_and_scripts_name_has_a_sentence():
    named = set()
    for path in [*STATION.glob("templates/*.html"), *STATION.glob("static/js/**/*.js")]:
        named |= set(
            re.findall(r"""\bt\(['"]([a-z_]+(?:\.[a-z_0-9]+)+)['"]""", path.read_text(encoding="utf-8"))
        )
    assert len(named) > 60
    assert sorted(named - ENGLISH.keys()) == []


def test_what_a_language_lacks_is_said_in_english(tmp_path):
    for language, content in (("en", {"a.b": "Put it at {place}", "c.d": "Wait"}), ("hi", {"c.d": "रुकें"})):
        (tmp_path / language).mkdir()
        (tmp_path / language / "page.json").write_text(json.dumps(content), encoding="utf-8")
    catalogues = Catalogues(tmp_path)
    assert catalogues.text("hi", "a.b", {"place": "A-1"}) == "Put it at A-1"
    assert catalogues.text("hi", "c.d") == "रुकें"
    assert catalogues.text("ta", "c.d") == "Wait"
    assert catalogues.text("hi", "never.heard") == "never.heard"


def test_a_catalogue_that_is_no_catalogue_is_refused(tmp_path):
    (tmp_path / "page.json").write_text('{"a": 1}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"page\.json"):
        read_language(tmp_path)


@pytest.mark.parametrize(
    ("sentence", "params", "said"),
    [
        ("Put it at {place}", {"place": "A-1"}, "Put it at A-1"),
        ("It is {disposition}", {"disposition": "SCRAP"}, "It is Scrap"),
        ("Still {open}", {}, "Still {open}"),
        ("{place}", {"place": "{place}{x}"}, "{place}{x}"),
    ],
)
def test_gaps_are_filled(sentence, params, said):
    assert fill(sentence, params, {"disposition.SCRAP": "Scrap"}) == said


def test_a_language_that_the_station_does_not_speak():
    catalogues = Catalogues()
    assert catalogues.language("ta", "en") == "ta"
    assert catalogues.language("xx", "hi") == "hi"
    assert catalogues.language(None, "xx") == "en"
