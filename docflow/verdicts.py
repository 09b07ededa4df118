"""The words for what a check of signatures found: the same on pages, in the API, on the terminal.

A root module, because the command that checks a file without any installation says them too.
"""

from collections.abc import Mapping

from docflow.i18n import Text, t

# Four words for people, and one for what nobody signed (signing.report.Verdict).
WORDS: Mapping[str, Text] = {
    "valid": t("Valid"),
    "valid-but": t("Valid, with reservations"),
    "unconfirmed": t("Unchanged, signer not confirmed"),
    "invalid": t("Invalid"),
    "unsigned": t("Not signed"),
}
SENTENCES: Mapping[str, Text] = {
    "valid": t("The document is as it was signed, and who signed it is confirmed."),
    "valid-but": t(
        "The document is as it was signed, and who signed it is confirmed. Read the reservations."
    ),
    "unconfirmed": t(
        "The document is as it was signed, but nobody that we trust vouches for who signed it."
    ),
    "invalid": t("Do not rely on the signatures of this document."),
    "unsigned": t("The file bears no signature that can be checked."),
}
COLOURS: Mapping[str, str] = {
    "valid": "green",
    "valid-but": "yellow",
    "unconfirmed": "orange",
    "invalid": "red",
    "unsigned": "grey",
}
INTEGRITY: Mapping[str, Text] = {
    "intact": t("As it was signed"),
    "changed": t("Changed after signing"),
    "broken": t("The signature does not fit the document"),
    "unreadable": t("Cannot be read"),
    "unsigned": t("Not signed"),
}
TRUST: Mapping[str, Text] = {
    "trusted": t("Confirmed by an authority that we trust"),
    "unknown": t("Not confirmed by any authority that we trust"),
    "revoked": t("The certificate had been revoked"),
    "expired": t("The certificate had expired"),
}
KINDS: Mapping[str, Text] = {
    "signature": t("Signature of a person"),
    "seal": t("Seal of an organisation"),
    "timestamp": t("Time-stamp of the document"),
}
TIMES: Mapping[str, Text] = {
    "timestamp": t("proven by a time-stamp"),
    "claimed": t("as the signer says"),
}
# The codes of signing.reasons.
REASONS: Mapping[str, Text] = {
    "not-a-pdf": t("The file is not a PDF."),
    "encrypted": t("The file is encrypted and cannot be checked. Ask for one without a password."),
    "damaged": t("The file is damaged and cannot be read safely. Ask for it again."),
    "too-slow": t("The check took too long and was stopped. Ask for a simpler file."),
    "too-large": t("The check needed too much memory and was stopped. Ask for a smaller file."),
    "not-checked": t("Signatures in files of this kind are not checked here."),
    "signature-removed": t("A signature that an earlier state of the file had is gone."),
    "unreadable-signature": t("The signature cannot be read."),
    "unsupported-format": t("The signature has a format that is out of use or unknown."),
    "digest-mismatch": t("What was signed is not what the file contains."),
    "signature-value": t("The signature’s value does not fit the signer’s certificate."),
    "byte-range": t("The signature does not cover the document as it should."),
    "container-changed": t("The space around the signature was tampered with."),
    "changed-after-signing": t("The document was changed after this signature."),
    "form-changed": t("A form field was filled in or changed after this signature."),
    "against-permission": t("A change was made that this signature forbids."),
    "trailing-bytes": t("Something was appended after the end of the document."),
    "revoked": t("The certificate had been revoked."),
    "expired": t("The certificate has expired, and no time-stamp proves an earlier signature."),
    "not-yet-valid": t("The certificate was not valid yet."),
    "unknown-issuer": t("The certificate does not lead to an authority that we know."),
    "chain-invalid": t("The chain of certificates does not hold."),
    "key-usage": t("The certificate is not meant for signing."),
    "weak-algorithm": t("An algorithm was used that is not, or no longer, allowed."),
    "no-signing-certificate": t("The signature does not say, signed, which certificate it is by."),
    "not-canonical": t("The signature is not encoded as the standard demands."),
    "embedded-certificate": t("A certificate inside the signature is damaged."),
    "timestamp-broken": t("The time-stamp does not belong to this signature, or is damaged."),
    "timestamp-untrusted": t("The time-stamp is from a service that we do not know."),
    "older-format": t("An older signature format, which does not name its certificate, was used."),
    "unknown-attribute": t("The signature carries an addition whose meaning is not known."),
    "covered-later": t("A signature that was added later stands on top of text."),
    "active-content": t("The document contains scripts, so what it shows can depend on them."),
    "revocation-unchecked": t("Whether the certificate was revoked could not be checked."),
}


def word(verdict: str) -> Text:
    return WORDS[str(verdict)]


def reason(code: str) -> Text:
    """What a reason means; a code of a later version stands for itself."""
    return REASONS.get(code) or Text(code)
