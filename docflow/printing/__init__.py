"""Documents on paper and screen: receipts, labels, letters, exact copies, stamps.

Frozen data in, PDF bytes out; no database, no web. What is printed is decided by the caller, how
it looks by the templates. The fonts are built at set-up (`python -m docflow.printing.fonts
node_modules`).
"""

from docflow.printing.application import ApplicationData, ApplicationGroup, application
from docflow.printing.binding import Attachment, Chapter, Leaf, Measured, bind, measure
from docflow.printing.book import BookData, BookRow, printed_book
from docflow.printing.case_file import (
    CaseFileData,
    ContentPart,
    ContentRow,
    Sheets,
    Slip,
    case_file,
)
from docflow.printing.certificate import CertificateData, certificate
from docflow.printing.certified import CertifiedData, certified_copy
from docflow.printing.circulation import (
    CirculationData,
    PrintedRound,
    PrintedStep,
    PrintedVersion,
    circulation_sheet,
)
from docflow.printing.copies import (
    ExactCopyData,
    Signature,
    exact_copy,
    exact_copy_of_pdf,
)
from docflow.printing.delivery_list import DeliveryListData, DeliveryRow, delivery_list
from docflow.printing.delivery_proof import DeliveryProofData, delivery_proof
from docflow.printing.emergency import EmergencyKitData, emergency_kit
from docflow.printing.errors import PrintingError
from docflow.printing.issuer import Issuer
from docflow.printing.label import LABEL_SIZES, Direction, LabelData, LabelSize, label, places
from docflow.printing.letter import LetterData, Recipient, Signer, letter
from docflow.printing.mark import HEIGHT as MARK_HEIGHT
from docflow.printing.mark import WIDTH as MARK_WIDTH
from docflow.printing.mark import Corner, MarkData, cover_copy, mark, stamped_copy
from docflow.printing.merging import append, append_sheet, attach, page_count
from docflow.printing.payment import PaidPart, PaymentReceiptData, payment_receipt
from docflow.printing.reads import ReadsData, reads_report
from docflow.printing.receipt import ReceiptData, ReceiptFile, receipt
from docflow.printing.registers import (
    ActRow,
    DailyRegisterData,
    DeclarationData,
    RegisterRow,
    Section,
    daily_register,
    declaration,
)
from docflow.printing.separator import SEPARATOR, separator_sheet
from docflow.printing.sheet import SheetData, signature_sheet, with_signature_sheet
from docflow.printing.stamp import StampData, stamp
from docflow.printing.typeset import Box, Letter
from docflow.printing.wording import capitals

__all__ = [
    "LABEL_SIZES",
    "MARK_HEIGHT",
    "MARK_WIDTH",
    "SEPARATOR",
    "ActRow",
    "ApplicationData",
    "ApplicationGroup",
    "Attachment",
    "BookData",
    "BookRow",
    "Box",
    "CaseFileData",
    "CertificateData",
    "CertifiedData",
    "Chapter",
    "CirculationData",
    "ContentPart",
    "ContentRow",
    "Corner",
    "DailyRegisterData",
    "DeclarationData",
    "DeliveryListData",
    "DeliveryProofData",
    "DeliveryRow",
    "Direction",
    "EmergencyKitData",
    "ExactCopyData",
    "Issuer",
    "LabelData",
    "LabelSize",
    "Leaf",
    "Letter",
    "LetterData",
    "MarkData",
    "Measured",
    "PaidPart",
    "PaymentReceiptData",
    "PrintedRound",
    "PrintedStep",
    "PrintedVersion",
    "PrintingError",
    "ReadsData",
    "ReceiptData",
    "ReceiptFile",
    "Recipient",
    "RegisterRow",
    "Section",
    "SheetData",
    "Sheets",
    "Signature",
    "Signer",
    "Slip",
    "StampData",
    "append",
    "append_sheet",
    "application",
    "attach",
    "bind",
    "capitals",
    "case_file",
    "certificate",
    "certified_copy",
    "circulation_sheet",
    "cover_copy",
    "daily_register",
    "declaration",
    "delivery_list",
    "delivery_proof",
    "emergency_kit",
    "exact_copy",
    "exact_copy_of_pdf",
    "label",
    "letter",
    "mark",
    "measure",
    "page_count",
    "payment_receipt",
    "places",
    "printed_book",
    "reads_report",
    "receipt",
    "separator_sheet",
    "signature_sheet",
    "stamp",
    "stamped_copy",
    "with_signature_sheet",
]
