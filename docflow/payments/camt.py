"""Movements out of a camt.053 statement (ISO 20022, BankToCustomerStatement), versions 2 to 8.

What is read: booked entries, and the transactions in them where the bank tells these apart. Of the
versions, 2 and 8 are those that banks hand out; between them the payer moved from `Dbtr` to
`Dbtr/Pty`, and the status from text to `Cd`. No entity is expanded, nothing is fetched, and what
the schema demands of the parts that are read is checked, each fault told with its line.
"""

import re
from collections.abc import Iterator
from datetime import date

from lxml import etree  # type: ignore[import-untyped]

from docflow.folding import line
from docflow.i18n import t
from docflow.payments import amounts
from docflow.payments.movements import (
    BadBankFile,
    Contents,
    Faults,
    Movement,
    is_plausible,
    require_count,
    require_size,
)

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.0([2-8])")
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,5})?")


def looks_like(data: bytes) -> bool:
    """Whether the file is XML at all."""
    head = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") or data.startswith((b"\xff\xfe<", b"\xfe\xff\x00<"))


def read(data: bytes) -> Contents:
    """The movements of the statements in a file. Raises BadBankFile."""
    require_size(data)
    root = _parsed(data)
    name = etree.QName(root)
    version = _NAMESPACE.fullmatch(name.namespace or "")
    if name.localname != "Document" or version is None:
        raise BadBankFile(
            t("This XML file is no bank statement of the form camt.053, version 2 to 8."),
            field="file",
        )
    space, faults = f"{{{name.namespace}}}", Faults()
    statements = root.findall(f"{space}BkToCstmrStmt/{space}Stmt")
    if not statements:
        faults.add(root.sourceline or 1, t("there is no statement (BkToCstmrStmt/Stmt) in it"))
    ibans: set[str] = set()
    movements: list[Movement] = []
    for statement in statements:
        reader = _Reader(space, faults)
        ibans.add(reader.text(statement, "Acct/Id/IBAN").upper())
        if not reader.text(statement, "Acct/Id/IBAN"):
            faults.add(statement.sourceline, t("{what} is missing", what="Acct/Id/IBAN"))
        for entry in statement.findall(f"{space}Ntry"):
            movements += reader.movements(entry)
    if len(ibans) > 1:
        faults.add(root.sourceline or 1, t("it holds statements of several accounts"))
    faults.refuse()
    require_count(movements)
    return Contents(f"camt.053.001.0{version[1]}", ibans.pop(), tuple(movements))


def _parsed(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadBankFile(
            t("Line {line} of the file is no XML: {why}", line=error.lineno or 1, why=error.msg),
            field="file",
        ) from error
    if root.getroottree().docinfo.doctype:
        raise BadBankFile(
            t("The file declares a document type, as no bank statement does. It was not read."),
            field="file",
        )
    return root


class _Reader:
    """Reads entries of one namespace, and notes faults with their lines."""

    def __init__(self, space: str, faults: Faults) -> None:
        self.space, self.faults = space, faults

    def movements(self, entry: etree._Element) -> Iterator[Movement]:
        """The booked movements of an entry; none of one that is only expected."""
        status = self.text(entry, "Sts/Cd") or self.text(entry, "Sts")
        if not status:
            self.missing(entry, "Sts")
            return
        if status != "BOOK":
            return
        booked_on, cents = self.day(entry), self.money(entry)
        if booked_on is None or cents is None:
            return
        details = entry.findall(self.path("NtryDtls/TxDtls"))
        if len(details) < 2:
            one = details[0] if details else None
            yield self.movement(entry, one, booked_on, cents)
            return
        parts = [self.money(part, default=entry) for part in details]
        if None in parts:
            return
        if sum(filter(None, parts)) != cents:
            self.faults.add(
                entry.sourceline, t("the transactions of the entry do not add up to its amount")
            )
            return
        for detail, part in zip(details, parts, strict=True):
            assert part is not None  # as just checked
            yield self.movement(entry, detail, booked_on, part)

    def movement(
        self, entry: etree._Element, detail: etree._Element | None, booked_on: date, cents: int
    ) -> Movement:
        side = "Dbtr" if cents >= 0 else "Cdtr"

        def find(*paths: str) -> str:
            return next((text for path in paths if (text := self.text(detail, path))), "")

        texts = [] if detail is None else detail.findall(self.path("RmtInf/Ustrd"))
        text = " ".join(line(part.text or "") for part in texts) or self.text(entry, "AddtlNtryInf")
        number = find("Refs/AcctSvcrRef", "Refs/TxId")
        if not number and detail is None:
            number = self.text(entry, "AcctSvcrRef")
        elif not number:
            # One number for all transactions of an entry would make them one movement.
            several = len(entry.findall(self.path("NtryDtls/TxDtls"))) > 1
            number = "" if several else self.text(entry, "AcctSvcrRef")
        return Movement(
            file_line=(entry if detail is None else detail).sourceline or 1,
            booked_on=booked_on,
            cents=cents,
            bank_number=number[:100],
            payer_name=find(f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm")[:200],
            payer_iban=find(f"RltdPties/{side}Acct/Id/IBAN").upper()[:40],
            text=text[:1000],
            reference=find("RmtInf/Strd/CdtrRefInf/Ref", "Refs/EndToEndId")[:100],
        )

    def money(
        self, element: etree._Element, *, default: etree._Element | None = None
    ) -> int | None:
        """The signed cents of an entry, or of a transaction in it; None with a fault noted."""
        amount = element.find(self.path("Amt"))
        if amount is None:
            amount = element.find(self.path("AmtDtls/TxAmt/Amt"))
        if amount is None:
            self.missing(element, "Amt")
            return None
        if amount.get("Ccy") != "EUR":
            code = amount.get("Ccy") or "–"
            self.faults.add(amount.sourceline, t("the currency is {code}, not EUR", code=code))
            return None
        typed = (amount.text or "").strip()
        if not _AMOUNT.fullmatch(typed) or typed.partition(".")[2][2:].strip("0"):
            self.faults.add(
                amount.sourceline, t("“{typed}” is no amount of money", typed=typed[:40])
            )
            return None
        whole, _, part = typed.partition(".")
        cents = amounts.exact(f"{whole}.{part[:2].ljust(2, '0')}" if part else whole)
        sign = self.text(element, "CdtDbtInd")
        if not sign and default is not None:
            sign = self.text(default, "CdtDbtInd")
        if sign not in ("CRDT", "DBIT"):
            self.missing(element, "CdtDbtInd")
            return None
        return cents if sign == "CRDT" else -cents

    def day(self, entry: etree._Element) -> date | None:
        typed = self.text(entry, "BookgDt/Dt") or self.text(entry, "BookgDt/DtTm")
        if not typed:
            self.missing(entry, "BookgDt")
            return None
        try:
            found = date.fromisoformat(typed[:10])
        except ValueError:
            found = date.min
        if not is_plausible(found):
            self.faults.add(
                entry.sourceline,
                t("“{typed}” is no date like {day}", typed=typed[:40], day="yyyy-mm-dd"),
            )
            return None
        return found

    def text(self, element: etree._Element | None, path: str) -> str:
        return "" if element is None else line(element.findtext(self.path(path)) or "")

    def path(self, path: str) -> str:
        return "/".join(self.space + step for step in path.split("/"))

    def missing(self, element: etree._Element, what: str) -> None:
        self.faults.add(element.sourceline or 1, t("{what} is missing", what=what))
