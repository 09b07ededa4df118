"""The words in which a payer is told of his payment; the office may change them (*Messages*).

Source of the Greek: domain rows S0-7 and S0-9, in the words of a payment of any kind.
"""

from collections.abc import Mapping

from docflow.messages import Wording

WORDS: Mapping[str, Mapping[str, Wording]] = {
    "payment-demanded": {
        "el": Wording(
            subject="Πληρωμή προς: {body}",
            text=(
                "Για την υπόθεση «{reason}» οφείλετε {amount}.\n"
                "\n"
                "Κωδικός πληρωμής: {reference}\n"
                "\n"
                "Πώς πληρώνετε, και πού γράφετε τον αριθμό συναλλαγής της τράπεζας: "
                "{portal}{path}"
            ),
            sms="{body}: οφείλετε {amount}, κωδικός πληρωμής {reference}. {portal}{path}",
        ),
        "en": Wording(
            subject="Payment to: {body}",
            text=(
                "For “{reason}” you owe {amount}.\n"
                "\n"
                "Payment code: {reference}\n"
                "\n"
                "How to pay, and where to write the bank’s transaction number: {portal}{path}"
            ),
            sms="{body}: you owe {amount}, payment code {reference}. {portal}{path}",
        ),
        "hu": Wording(
            subject="Fizetés: {body}",
            text=(
                "„{reason}” ügyében {amount} fizetendő.\n"
                "\n"
                "Fizetési kód: {reference}\n"
                "\n"
                "A fizetés módja, és ahol a bank tranzakciószámát megadhatja: {portal}{path}"
            ),
            sms="{body}: {amount} fizetendő, fizetési kód {reference}. {portal}{path}",
        ),
        "cs": Wording(
            subject="Platba: {body}",
            text=(
                "Ve věci „{reason}“ je třeba zaplatit {amount}.\n"
                "\n"
                "Platební kód: {reference}\n"
                "\n"
                "Jak zaplatit a kam napsat číslo bankovní transakce: {portal}{path}"
            ),
            sms="{body}: k zaplacení {amount}, platební kód {reference}. {portal}{path}",
        ),
    },
    "payment-told": {
        "el": Wording(
            subject="Παραλαβή πληρωμής: {body}",
            text=(
                "Η πληρωμή για «{reason}» με αρ. πληρωμής τραπέζης: {bank_number} με ποσό "
                "για πληρωμή {amount}, παραλήφθηκε από το Σύστημα. Μετά από ελέγχους που θα "
                "κάνουμε, θα σας ενημερώσουμε για την οριστική καταχώρισή της.\n"
                "\n"
                "{portal}{path}"
            ),
            sms="{body}: η πληρωμή {bank_number}, {amount}, παραλήφθηκε και ελέγχεται.",
        ),
        "en": Wording(
            subject="Payment received: {body}",
            text=(
                "The payment for “{reason}” with the bank’s number {bank_number} and the "
                "amount to pay {amount} was received by the system. After the checks that we "
                "shall make, we shall tell you of its definite entry.\n"
                "\n"
                "{portal}{path}"
            ),
            sms=("{body}: the payment {bank_number}, {amount}, was received and is being checked."),
        ),
        "hu": Wording(
            subject="A fizetés beérkezett: {body}",
            text=(
                "A(z) „{reason}” ügyben a {bank_number} banki számú, {amount} összegű "
                "fizetést a rendszer átvette. Az ellenőrzés után értesítjük a végleges "
                "bejegyzésről.\n"
                "\n"
                "{portal}{path}"
            ),
            sms=("{body}: a {bank_number} számú fizetés ({amount}) megérkezett, ellenőrzés alatt."),
        ),
        "cs": Wording(
            subject="Platba přijata: {body}",
            text=(
                "Platbu ve věci „{reason}“ s číslem bankovní transakce {bank_number} na "
                "částku {amount} systém přijal. Po kontrole vám oznámíme její konečné "
                "zaevidování.\n"
                "\n"
                "{portal}{path}"
            ),
            sms="{body}: platba {bank_number}, {amount}, byla přijata a kontroluje se.",
        ),
    },
    "payment-settled": {
        "el": Wording(
            subject="Οριστική καταχώριση πληρωμής: {body}",
            text=(
                "Η πληρωμή σας για «{reason}», ποσό {amount}, ελέγχθηκε και καταχωρίστηκε "
                "οριστικά. Η απόδειξη επισυνάπτεται και βρίσκεται εδώ: {portal}{path}"
            ),
            sms="{body}: η πληρωμή σας, {amount}, καταχωρίστηκε οριστικά. {portal}{path}",
        ),
        "en": Wording(
            subject="Payment entered for good: {body}",
            text=(
                "Your payment for “{reason}”, {amount}, was checked and entered for good. "
                "The receipt is attached, and stands here: {portal}{path}"
            ),
            sms="{body}: your payment, {amount}, was entered for good. {portal}{path}",
        ),
        "hu": Wording(
            subject="A fizetés végleges bejegyzése: {body}",
            text=(
                "A(z) „{reason}” ügyben teljesített {amount} összegű fizetését ellenőriztük "
                "és véglegesen bejegyeztük. Az igazolást csatoltuk, és itt is megtalálja: "
                "{portal}{path}"
            ),
            sms="{body}: {amount} összegű fizetését véglegesen bejegyeztük. {portal}{path}",
        ),
        "cs": Wording(
            subject="Platba zaevidována: {body}",
            text=(
                "Vaši platbu ve věci „{reason}“ na částku {amount} jsme zkontrolovali a s "
                "konečnou platností zaevidovali. Potvrzení je v příloze a najdete je zde: "
                "{portal}{path}"
            ),
            sms="{body}: vaše platba {amount} byla zaevidována. {portal}{path}",
        ),
    },
    "payment-refused": {
        "el": Wording(
            subject="Η πληρωμή δεν επιβεβαιώθηκε: {body}",
            text=(
                "Η πληρωμή για «{reason}», ποσό {amount}, δεν επιβεβαιώθηκε. Αιτία: {why}\n"
                "\n"
                "{portal}{path}"
            ),
            sms="{body}: η πληρωμή σας, {amount}, δεν επιβεβαιώθηκε. {portal}{path}",
        ),
        "en": Wording(
            subject="Payment not confirmed: {body}",
            text=(
                "The payment for “{reason}”, {amount}, was not confirmed. The reason: {why}\n"
                "\n"
                "{portal}{path}"
            ),
            sms="{body}: your payment, {amount}, was not confirmed. {portal}{path}",
        ),
        "hu": Wording(
            subject="A fizetést nem igazoltuk: {body}",
            text=(
                "A(z) „{reason}” ügyben a {amount} összegű fizetést nem tudtuk igazolni. Ok: "
                "{why}\n"
                "\n"
                "{portal}{path}"
            ),
            sms="{body}: {amount} összegű fizetését nem tudtuk igazolni. {portal}{path}",
        ),
        "cs": Wording(
            subject="Platba nebyla potvrzena: {body}",
            text=(
                "Platbu ve věci „{reason}“ na částku {amount} se nepodařilo potvrdit. Důvod: "
                "{why}\n"
                "\n"
                "{portal}{path}"
            ),
            sms="{body}: vaši platbu {amount} se nepodařilo potvrdit. {portal}{path}",
        ),
    },
    "payment-part": {
        "el": Wording(
            subject="Ελλιπής πληρωμή: {body}",
            text=(
                "Για «{reason}» λάβαμε μέρος του ποσού {amount}. Απομένουν {left}, με τον "
                "ίδιο κωδικό πληρωμής: {reference}\n"
                "\n"
                "{portal}{path}"
            ),
            sms="{body}: απομένουν {left}, κωδικός πληρωμής {reference}. {portal}{path}",
        ),
        "en": Wording(
            subject="Part payment: {body}",
            text=(
                "For “{reason}” a part of {amount} came. {left} are left, with the same "
                "payment code: {reference}\n"
                "\n"
                "{portal}{path}"
            ),
            sms="{body}: {left} are left, payment code {reference}. {portal}{path}",
        ),
        "hu": Wording(
            subject="Részleges fizetés: {body}",
            text=(
                "A(z) „{reason}” ügyben a {amount} összegnek csak egy része érkezett meg. "
                "Fennmarad {left}, ugyanazzal a fizetési kóddal: {reference}\n"
                "\n"
                "{portal}{path}"
            ),
            sms="{body}: fennmarad {left}, fizetési kód {reference}. {portal}{path}",
        ),
        "cs": Wording(
            subject="Částečná platba: {body}",
            text=(
                "Ve věci „{reason}“ přišla jen část částky {amount}. Zbývá {left}, se "
                "stejným platebním kódem: {reference}\n"
                "\n"
                "{portal}{path}"
            ),
            sms="{body}: zbývá {left}, platební kód {reference}. {portal}{path}",
        ),
    },
}
