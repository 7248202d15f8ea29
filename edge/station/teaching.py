"""What the web station asks of the teaching of golden pictures."""

from collections.abc import Sequence
from typing import Protocol

from edge.inspection.teaching import FoundCode, Taken, TaughtProduct, TaughtSummary


class Teaching(Protocol):
    """Intact units of a product, shown by a supervisor; what can't be done raises `WorkflowRefused`."""

    def products(self) -> Sequence[TaughtSummary]:
        """Products that have golden pictures."""
        ...

    def find(self, text: str) -> FoundCode:
        """What a scanned or typed text means: an SKU, an article's barcode, or a badge."""
        ...

    def product(self, sku: str) -> TaughtProduct:
        """A product with its golden pictures and what they are worth."""
        ...

    def take(self, sku: str, *, views: Sequence[str] | None, badge: str | None) -> Taken:
        """Take a picture of the intact unit that lies there with each camera, or those named."""
        ...

    def remove(self, sku: str, view: str, name: str, *, badge: str | None) -> TaughtProduct:
        """Take a picture out."""
        ...

    def picture(self, sku: str, view: str, name: str) -> bytes | None:
        """A golden picture, small; None where there is none."""
        ...
