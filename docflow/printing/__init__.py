"""Documents on paper and screen: receipts, labels, letters, exact copies, stamps.

Frozen data in, PDF bytes out; no database, no web. What is printed is decided by the caller, how
it looks by the templates. The fonts are built at set-up (`python -m docflow.printing.fonts
node_modules`).
"""

from docflow.printing.copies import (
    ExactCopyData,
    Signature,
    exact_copy,
    exact_copy_of_pdf,
)
from docflow.printing.errors import PrintingError
from docflow.printing.issuer import Issuer
from docflow.printing.label import LABEL_SIZES, Direction, LabelData, LabelSize, label
from docflow.printing.letter import LetterData, Recipient, Signer, letter
from docflow.printing.merging import append, append_sheet, attach, page_count
from docflow.printing.receipt import ReceiptData, ReceiptFile, receipt
from docflow.printing.sheet import SheetData, signature_sheet, with_signature_sheet
from docflow.printing.stamp import StampData, stamp
from docflow.printing.typeset import Box, Letter
from docflow.printing.wording import capitals

__all__ = [
    "LABEL_SIZES",
    "Box",
    "Direction",
    "ExactCopyData",
    "Issuer",
    "LabelData",
    "LabelSize",
    "Letter",
    "LetterData",
    "PrintingError",
    "ReceiptData",
    "ReceiptFile",
    "Recipient",
    "SheetData",
    "Signature",
    "Signer",
    "StampData",
    "append",
    "append_sheet",
    "attach",
    "capitals",
    "exact_copy",
    "exact_copy_of_pdf",
    "label",
    "letter",
    "page_count",
    "receipt",
    "signature_sheet",
    "stamp",
    "with_signature_sheet",
]
