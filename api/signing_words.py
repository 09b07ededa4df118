"""The words and colours of keys, signatures and copies, for `api.wording`."""

from collections.abc import Mapping

from docflow import verdicts
from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "verdict": verdicts.WORDS,
    "verdict_said": verdicts.SENTENCES,
    "integrity": verdicts.INTEGRITY,
    "trust": verdicts.TRUST,
    "signature_kind": verdicts.KINDS,
    "signature_reason": verdicts.REASONS,
    "time_source": verdicts.TIMES,
    "key_kind": {
        "file": t("Here, as an encrypted file"),
        "token": t("On a token or card (PKCS#11)"),
        "csc": t("With a trust service provider"),
        "otp": t("With the signing service of the public sector"),
        "elsewhere": t("Elsewhere: signed with a program of one’s own"),
    },
    "copy_kind": {"exact": t("Exact copy"), "digitised": t("Digitised copy")},
    "sealed_kind": {
        "original": t("Signed original"),
        "exact-copy": t("Exact copy"),
        "copy": t("Copy issued later"),
    },
}
ACTS: Mapping[str, Text] = {
    "key.removed": t("Signing key removed"),
    "key.password-changed": t("Password of the signing key changed"),
    "stamp.changed": t("Text of the stamps changed"),
    "trust-root.added": t("Authority trusted"),
    "trust-root.withdrawn": t("Authority no longer trusted"),
    "document.completed": t("Proofs added to the signatures"),
    "document.renewed": t("Archive time-stamp renewed"),
    "document.will-not-hold": t("The signatures will not hold as they are"),
    "document.correction-begun": t("Corrected re-issue begun"),
    "file.validated": t("Signatures checked"),
    "file.validated-again": t("Signatures checked again"),
    "entry.copy-issued": t("Exact copy issued"),
    "entry.copy-ordered": t("Exact copy ordered"),
    "entry.copy-failed": t("Exact copy could not be made"),
    "draft.given-out": t("Taken to be signed elsewhere"),
    "delivery.told-corrected": t("Earlier recipient told of the correction"),
}
COLOURS: Mapping[tuple[str, str], str] = {
    **{("verdict", word): colour for word, colour in verdicts.COLOURS.items()},
}
DONE: Mapping[str, Text] = {
    "keys-file": t("The key was added."),
    "keys-password": t("The key has its new password."),
    "keys-service": t("You sign with this key from now on."),
    "keys-certificate": t("Your certificate is registered."),
    "keys-remove": t("The key was removed."),
    "otp-sent": t("A one-time password is on its way to you. Type it below within its time."),
    "digest-prepared": t("The digest is ready to be signed elsewhere."),
    "validated-again": t("The signatures are being checked again."),
    "copy-issued": t("The copy was issued."),
    "copy-ordered": t("The copy is being sealed. It stands here in a moment: load the page again."),
    "reissue": t("Change what is to be corrected, then send the draft to be signed."),
    "stamps": t("The stamps say this from now on."),
    "root-added": t("The authority is trusted from now on."),
    "root-withdrawn": t("The authority is no longer trusted."),
    "key-stored": t("The key was stored for the person."),
}
