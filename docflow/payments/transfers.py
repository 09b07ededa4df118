"""A transfer as a QR code that banking apps fill their form from.

Source: EPC069-12 v2.1, “Quick Response Code: Guidelines to Enable Data Capture for the Initiation
of a SEPA Credit Transfer”; the payment code stands in the field of the structured reference.
"""

import base64
import io

from docflow.payments.models import CollectionAccount, Payable


def qr_svg(account: CollectionAccount, payable: Payable, cents: int) -> str:
    """The code as a data address of an SVG picture, to stand in a page."""
    # Imported here: who shows no QR code does not need it.
    import segno

    drawing = io.BytesIO()
    # Error correction M and no more than version 13, as the guidelines say.
    code = segno.make(payload(account, payable, cents), error="m", micro=False, boost_error=False)
    code.save(drawing, kind="svg", xmldecl=False, border=4, dark="#000", light="#fff", scale=4)
    return "data:image/svg+xml;base64," + base64.b64encode(drawing.getvalue()).decode("ascii")


def payload(account: CollectionAccount, payable: Payable, cents: int) -> str:
    """The twelve lines of the guidelines; the texts behind the reference stay empty."""
    return "\n".join(
        (
            "BCD",
            "002",
            "1",  # UTF-8
            "SCT",
            account.bic,
            account.holder[:70],
            account.iban,
            f"EUR{cents // 100}.{cents % 100:02}",
            "",
            payable.reference,
        )
    )
