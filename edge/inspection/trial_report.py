"""A trial as one file that a person looks through: each flip with its pictures, what would move and why.

The file needs nothing else: pictures are inside, reduced, with what would be found drawn in.
"""

import base64
from collections.abc import Callable, Mapping
from html import escape

from edge.errors import EvidenceMissing
from edge.inspection.saved import JudgedView
from edge.inspection.trial import Flip, Trial, Verdict
from vision.annotate import annotate
from vision.errors import VisionError
from vision.findings import Finding
from vision.picture import decode_picture, encode_jpeg, reduced

PICTURE_SIDE = 640  # longer side of a picture in the file, pixels

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem }
body { color: #1b1b1f; background: #fff }
table { border-collapse: collapse }
td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top }
section { border-top: 1px solid #bbb; padding: 1rem 0 } section.nearer { border-left: .5rem solid #b3261e;
  padding-left: 1rem }
figure { display: inline-block; margin: .5rem 1rem .5rem 0 } img { max-width: 100%; height: auto }
small { color: #555 }
@media (prefers-color-scheme: dark) { body { color: #e6e6ea; background: #151518 } small { color: #aaa } }
"""

Pictures = Callable[[str], Mapping[str, bytes]]
"""Gives an inspection's stored pictures, JPEG bytes by view."""


def write_report(title: str, trial: Trial, pictures: Pictures) -> str:
    """The file's text, HTML.

    Args:
        title: What was tried.
        trial: Its outcome.
        pictures: Where the pictures come from; `EvidenceMissing` leaves a flip without.
    """
    nearer = sum(1 for flip in trial.flips if flip.nearer_to_sale)
    skipped = "".join(f"<li>{count}: {escape(why)}</li>" for why, count in sorted(trial.skipped.items()))
    flips = "".join(_flip(flip, pictures) for flip in trial.flips)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"<p>{trial.looked_at} inspections judged again, {len(trial.flips)} come out otherwise, {nearer} of "
        f"them nearer to sale (marked). A person had to decide {trial.asked_then} of them, now "
        f"{trial.asked_now}. Nothing was changed.</p>"
        + (f"<p>Not judged again:</p><ul>{skipped}</ul>" if skipped else "")
        + flips
        + "</body></html>\n"
    )


def _flip(flip: Flip, pictures: Pictures) -> str:
    kind = ' class="nearer"' if flip.nearer_to_sale else ""
    agrees = "the same as it would be now" if flip.person_agrees else flip.confirmed.value
    return (
        f"<section{kind}><h2>{escape(flip.item)} <small>return {escape(flip.return_id)}, inspection "
        f"{escape(flip.inspection_id)}</small></h2>"
        "<table><tr><th></th><th>grade</th><th>disposition</th><th>stock goes to</th>"
        "<th>a person must look</th><th>rules</th></tr>"
        + _verdict("then", flip.before)
        + _verdict("now", flip.after)
        + f"</table><p>Confirmed at the desk: {escape(agrees)}</p>{_figures(flip, pictures)}</section>"
    )


def _verdict(when: str, verdict: Verdict) -> str:
    cells = (
        verdict.grade.value if verdict.grade else "-",
        verdict.disposition.value,
        verdict.to_state.value,
        "yes" if verdict.needs_person else "no",
        ", ".join(verdict.rules),
    )
    return f"<tr><th>{when}</th>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _figures(flip: Flip, pictures: Pictures) -> str:
    if not flip.views:
        return "<p>No pictures were taken.</p>"
    try:
        stored = pictures(flip.inspection_id)
    except EvidenceMissing as error:
        return f"<p>{escape(str(error))}</p>"
    return "".join(_figure(view, stored[view.view]) for view in flip.views if view.view in stored)


def _figure(view: JudgedView, jpeg: bytes) -> str:
    try:
        picture = decode_picture(jpeg)
    except VisionError as error:
        return f"<p>{escape(view.view)}: {escape(str(error))}</p>"
    findings = [
        Finding(one.kind, one.box.plain, one.score, one.extent, view.view, one.source)
        for one in view.findings
    ]
    drawn = annotate(picture, findings, view.item_box.plain if view.item_box else None)
    small = base64.b64encode(encode_jpeg(reduced(drawn, PICTURE_SIDE))).decode()
    found = ", ".join(f"{one.kind.value} {one.score:.2f}" for one in view.findings) or "nothing found"
    text = f"{escape(view.view)}: {escape(found)}"
    image = f'<img alt="{text}" src="data:image/jpeg;base64,{small}">'
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"
