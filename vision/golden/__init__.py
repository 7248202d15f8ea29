"""Golden samples: is this unit like the intact ones that the site showed? Nothing has to be trained.

views.py       a view's item, cut out, at a known size, its background gone
features.py    what a small patch looks like: colour, edges by direction, outline
shape.py       what the outline alone says: bites, gaps, parts, proportions
alignment.py   one item laid over another
displacement.py  how far the print is displaced
fusion.py      one number of all signals, and from where on a unit is unlike
light.py       another light than that of the golden pictures, taken out
comparison.py  the learned set: map of what is unlike, calibrated score, "this side was never shown"
marks.py       the print's own marks
agreement.py   does the rest of the print agree, one picture laid over another?
identity.py    is it the product that the order names?
"""
