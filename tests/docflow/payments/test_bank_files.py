"""What the files of banks say: CSV by its profile, camt.053 in two versions, bad ones of both."""

from datetime import date

import pytest

from docflow.payments import BadBankFile, BadProfile, Movement, camt, csv_files

PROFILE = csv_files.read_profile(csv_files.GENERAL)
HEAD = "Ημερομηνία;Ποσό;Αρ. συναλλαγής;Καταθέτης;Αιτιολογία\n"


def csv(text: str, **changes: object) -> list[Movement]:
    profile = csv_files.read_profile({**csv_files.GENERAL, **changes})
    return list(csv_files.read(text.encode(), profile).movements)


def test_a_csv_file_with_lines_above_and_below() -> None:
    [first, second] = csv(
        "Λογαριασμός;GR16 0110\n\n"
        + HEAD
        + '21/11/2026;1.050,00;98765;ΠΑΠΑΔΑΚΗΣ Γ.;"κλήση; 123456"\n'
        + "22/11/2026;-3,00;98766;;Προμήθεια\n"
        + ";1.047,00;;;Υπόλοιπο\n"
    )
    assert (first.booked_on, first.cents, first.bank_number) == (
        date(2026, 11, 21),
        105000,
        "98765",
    )
    assert (first.payer_name, first.text, first.file_line) == ("ΠΑΠΑΔΑΚΗΣ Γ.", "κλήση; 123456", 4)
    assert second.cents == -300


def test_each_bank_writes_its_own_way() -> None:
    [one] = csv("Date,Credit,Debit,Name\n2026-11-21,50.00,,Smith\n", decimal=".", day="yyyy-mm-dd")
    assert (one.cents, one.payer_name) == (5000, "Smith")
    signed = "Ημ/νία\tΠοσό\tΧ/Π\n21-11-2026\t50,00\tΧ\n21-11-2026\t60,00\tΠ\n"
    assert [one.cents for one in csv(signed, day="dd-mm-yyyy")] == [-5000, 6000]
    own = {"columns": {"booked_on": ["Valuta"], "amount": ["Betrag"]}}
    assert [one.cents for one in csv("Valuta;Betrag\n1/2/2026;5,00\n", **own)] == [500]
    utf16 = (HEAD + "21/11/2026;50,00;1;;\n").encode("utf-16")
    assert csv_files.read(utf16, PROFILE).movements[0].cents == 5000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("α;β\n1;2\n", "headings of the date"),
        (HEAD + "31/02/2026;50,00;1;;\n", r"line 2: “31/02/2026” is no date"),
        (HEAD + "21/11/2026;πενήντα;1;;\n", "line 2: “πενήντα” is no amount"),
        (HEAD + "21/11/26x;5,00;1;;\n21/11/2026;5,00,0;2;;\n", "2 faults.*line 2:.*line 3:"),
        (HEAD + '21/11/2026;50,00;1;"x\n', "quotation mark"),
    ],
)
def test_a_bad_csv_file_is_refused_with_its_lines(text: str, told: str) -> None:
    with pytest.raises(BadBankFile, match=told):
        csv(text)


def test_bytes_that_are_no_letters_are_refused() -> None:
    with pytest.raises(BadBankFile, match="letters of the file"):
        csv_files.read(b"\x00\x01\x02" * 50, PROFILE)


def test_a_wrong_profile_names_its_field() -> None:
    for changes, field in (
        ({"day": "mm/dd/yyyy"}, "day"),
        ({"columns": {"booked_on": ["Date"]}}, "booked_on"),
        ({"columns": {"surprise": ["x"]}}, "surprise"),
    ):
        with pytest.raises(BadProfile) as caught:
            csv_files.read_profile({**csv_files.GENERAL, **changes})
        assert caught.value.field == field


ENTRY = """
<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>{status}
<BookgDt><Dt>2026-11-21</Dt></BookgDt><AcctSvcrRef>BATCH1</AcctSvcrRef>
<NtryDtls>{details}</NtryDtls></Ntry>"""
OLD = """<TxDtls><Refs><AcctSvcrRef>T{n}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>
<RltdPties><Dbtr><Nm>Παπαδάκης Γεώργιος</Nm></Dbtr>
<DbtrAcct><Id><IBAN>GR9608100010000001234567890</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"""
NEW = """<TxDtls><Refs><AcctSvcrRef>T{n}</AcctSvcrRef></Refs><Amt Ccy="EUR">{amount}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>Παπαδάκης Γεώργιος</Nm></Pty></Dbtr>
<DbtrAcct><Id><IBAN>GR9608100010000001234567890</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>κλήση 123456</Ustrd></RmtInf></TxDtls>"""
BOOKED = {2: "<Sts>BOOK</Sts>", 8: "<Sts><Cd>BOOK</Cd></Sts>"}


def statement(*entries: str, version: int = 8, head: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + head + "<Document "
        f'xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.0{version}"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id>"
        "<IBAN>GR1601101250000000012300695</IBAN></Id></Acct>"
        + "".join(entries)
        + "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def entry(*details: str, amount: str = "50.00", version: int = 8, status: str | None = None) -> str:
    return ENTRY.format(
        amount=amount,
        details="".join(details),
        status=BOOKED[version] if status is None else status,
    )


@pytest.mark.parametrize(("version", "details"), [(2, OLD), (8, NEW)])
def test_a_statement_of_either_version(version: int, details: str) -> None:
    read = camt.read(
        statement(
            entry(
                details.format(n=1, amount="20.00"),
                details.format(n=2, amount="30.00"),
                version=version,
            ),
            entry(status="<Sts>PDNG</Sts>" if version == 2 else "<Sts><Cd>PDNG</Cd></Sts>"),
            version=version,
        )
    )
    assert (read.form, read.iban) == (
        f"camt.053.001.0{version}",
        "GR1601101250000000012300695",
    )
    assert [(one.cents, one.bank_number) for one in read.movements] == [(2000, "T1"), (3000, "T2")]
    first = read.movements[0]
    assert (first.payer_name, first.payer_iban) == (
        "Παπαδάκης Γεώργιος",
        "GR9608100010000001234567890",
    )
    assert first.booked_on == date(2026, 11, 21)
    assert "RF18539007547034" in first.reference or first.text == "κλήση 123456"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<Document", "is no XML"),
        (b"<a xmlns='urn:x'/>", "no bank statement of the form camt.053"),
        (statement(entry(amount="50,00")), "line 3: “50,00” is no amount"),
        (statement(entry(amount="50.001")), "is no amount"),
        (statement(entry(amount="50.00").replace('"EUR"', '"USD"')), "currency is USD"),
        (statement(entry().replace("2026-11-21", "21/11/2026")), "is no date"),
        (statement(entry().replace("CdtDbtInd", "Cdt")), "CdtDbtInd is missing"),
        (statement(entry(status="")), "Sts is missing"),
        (
            statement(entry(NEW.format(n=1, amount="20.00"), NEW.format(n=2, amount="20.00"))),
            "do not add up",
        ),
        (statement().replace(b"IBAN", b"Othr"), "Acct/Id/IBAN is missing"),
    ],
)
def test_a_bad_statement_is_refused_with_its_lines(data: bytes, told: str) -> None:
    with pytest.raises(BadBankFile, match=told):
        camt.read(data)


def test_entities_are_neither_expanded_nor_fetched() -> None:
    bomb = (
        '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
        '<!ENTITY f SYSTEM "file:///etc/passwd">]>\n'
    )
    with pytest.raises(BadBankFile, match="document type"):
        camt.read(statement(entry().replace("BATCH1", "&f;&b;"), head=bomb))
