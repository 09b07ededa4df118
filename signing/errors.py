"""What can go wrong while signing. Nothing that pyHanko raises passes the package's border."""


class SigningError(Exception):
    """The document was not signed, and stays as it was."""


class WrongPassword(SigningError):
    """The password does not open the key file."""


class KeyUnusable(SigningError):
    """The key file is damaged, holds no private key, or its certificate is not valid today."""


class TsaUnavailable(SigningError):
    """None of the time-stamping services gave a usable answer."""


class BadTimestamp(SigningError):
    """The timestamp does not prove what it should."""


class RevocationUnavailable(SigningError):
    """A certificate's status could not be had, so the signature cannot be made to last."""


class BadDocument(SigningError):
    """Not a PDF that can be signed: damaged, encrypted, or of a forbidden construction."""


class FieldMissing(SigningError):
    """There is no such page or box, or the field is already signed."""


class DocumentClosed(SigningError):
    """A seal closed the document: one more signature would spoil it."""


class BadSignature(SigningError):
    """A signature made elsewhere does not fit the certificate, or not this document."""


class SignerUnavailable(SigningError):
    """The remote signing service or the token does not answer, or not as its interface demands."""


class AuthorisationRefused(SigningError):
    """The signing service refused: a wrong or expired password, PIN or one-time password."""
