"""Words of payments: states, why a line is proposed, what is to be given back, acts."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "payable": {
        "open": t("To be paid"),
        "told": t("To be checked"),
        "part": t("Paid in part"),
        "paid": t("Paid"),
        "refused": t("Not confirmed"),
        "withdrawn": t("Withdrawn"),
    },
    "payable_of_citizen": {
        "open": t("To be paid"),
        "told": t("Received, being checked"),
        "part": t("Paid in part"),
        "paid": t("Entered for good"),
        "refused": t("Not confirmed"),
        "withdrawn": t("Nothing more to be paid"),
    },
    "bank_line": {
        "open": t("For nothing known"),
        "proposed": t("Proposed"),
        "marked": t("Marked"),
        "counted": t("Counted"),
        "ignored": t("Ignored"),
        "refund": t("To be given back"),
        "known": t("Came before"),
        "twin": t("Looks like another"),
        "outgoing": t("Outgoing money"),
    },
    "certainty": {
        "sure": t("Code and amount agree"),
        "reference": t("The code agrees, the amount does not"),
        "number": t("Transaction number and amount agree"),
        "payer": t("Payer and amount agree"),
    },
    "refund_why": {
        "overpaid": t("More came than was owed"),
        "ended": t("It came after the end"),
        "twice": t("Paid twice"),
        "withdrawn": t("Withdrawn after the payment"),
        "not-ours": t("Nothing was owed"),
    },
    "refund": {
        "open": t("To be given back"),
        "done": t("Given back"),
        "dropped": t("Not given back"),
    },
    "card_payment": {
        "asked": t("Asked, no answer yet"),
        "open": t("Open at the provider"),
        "paid": t("Paid"),
        "failed": t("Failed"),
    },
    "payment_basket": {
        "check": t("To be checked"),
        "open": t("To be paid"),
        "ended": t("Ended"),
        "all": t("All"),
    },
}

COLOURS: Mapping[tuple[str, str], str] = {
    ("payable", "open"): "blue",
    ("payable", "told"): "yellow",
    ("payable", "part"): "yellow",
    ("payable", "paid"): "green",
    ("payable", "refused"): "red",
    ("payable_of_citizen", "open"): "blue",
    ("payable_of_citizen", "told"): "yellow",
    ("payable_of_citizen", "part"): "yellow",
    ("payable_of_citizen", "paid"): "green",
    ("payable_of_citizen", "refused"): "red",
    ("bank_line", "open"): "yellow",
    ("bank_line", "proposed"): "blue",
    ("bank_line", "marked"): "blue",
    ("bank_line", "counted"): "green",
    ("bank_line", "twin"): "yellow",
    ("certainty", "sure"): "green",
    ("certainty", "reference"): "yellow",
    ("certainty", "number"): "blue",
    ("certainty", "payer"): "blue",
    ("refund", "open"): "yellow",
    ("refund", "done"): "green",
    ("card_payment", "paid"): "green",
    ("card_payment", "failed"): "red",
}

ACTS: Mapping[str, Text] = {
    "payable.demanded": t("Payment demanded"),
    "payable.told": t("Transaction number given"),
    "payable.marked": t("Line of the statement marked"),
    "payable.unmarked": t("Mark taken back"),
    "payable.paid-in-part": t("A part was paid"),
    "payable.paid": t("Payment entered for good"),
    "payable.backed": t("The bank’s file confirmed a proof that was counted"),
    "payable.refused": t("Payment not confirmed"),
    "payable.withdrawn": t("Payment demanded no more"),
    "card-payment.asked": t("Payment by card begun"),
    "card-payment.paid": t("Paid by card"),
    "card-payment.failed": t("Payment by card failed"),
    "bank-statement.taken": t("Bank file taken in"),
    "bank-line.ignored": t("Line of the statement ignored"),
    "bank-line.to-refund": t("Money of a line to be given back"),
    "bank-line.reopened": t("Line of the statement opened again"),
    "refund.recorded": t("Refund recorded"),
    "refund.done": t("Money given back"),
    "refund.dropped": t("Money not given back"),
    "collection-account.kept": t("Collection account changed"),
}

# What `?done=` says on the page after an act
DONE: Mapping[str, Text] = {
    "payment-marked": t("The line is marked. Complete when the amounts agree."),
    "payment-unmarked": t("The mark was taken back."),
    "payment-paid": t("The payment is entered for good. The payer is told, with the receipt."),
    "payment-part": t("The part was counted. The payer is told what is left."),
    "payment-refused": t("The payment was ended as not confirmed. The payer is told why."),
    "payment-refund": t("It had ended: the money stands in the list of refunds."),
    "payments-accepted": t("The proposals were accepted."),
    "payments-left": t("Some proposals were left: somebody else decided on them, or they ended."),
    "bank-file": t("The bank’s file was taken in."),
    "bank-line-ignored": t("The line is ignored, with your reason."),
    "bank-line-refund": t("The money stands in the list of refunds."),
    "bank-line-reopened": t("The line is open again."),
    "bank-line-matched": t("The line was counted for the payment."),
    "refund-done": t("It is noted that the money was given back."),
    "refund-dropped": t("It is noted that the money is not given back."),
    "collection-account": t("The account was kept."),
}
