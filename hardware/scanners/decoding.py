r"""From a read's bytes to text and symbology.

>>> decode_read(b"]E08901234567894", aim_prefix=True)
ScannedText(text='8901234567894', symbology=']E0')
>>> decode_read(b"RMA-2041", aim_prefix=True)
ScannedText(text='RMA-2041', symbology=None)
"""

import re

from hardware.scanners.driver import ScannedText

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")


def decode_read(data: bytes, *, aim_prefix: bool) -> ScannedText:
    """Text of one read; every sequence of bytes has one.

    Args:
        data: The read without its marks.
        aim_prefix: Take a leading AIM identifier (`]d2`) off the text.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # what scanners send that know nothing of UTF-8
    if aim_prefix and (found := _AIM.match(text)):
        return ScannedText(text[found.end() :], found.group())
    return ScannedText(text)
