"""The settings of the services for citizens: their logins, messages and payments."""

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings


class CitizenProvider(BaseModel):
    """An identity provider that citizens may log in through: taxisnet, eIDAS, or any other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")  # in addresses; never changes
    title: str
    issuer: str
    client_id: str
    client_secret: SecretStr = SecretStr("")
    scope: str = "openid profile email"
    acr_values: str = ""  # asked of the provider, as http://eidas.europa.eu/LoA/substantial
    # As what its logins count, and as what those count whose `acr` is named.
    level: Literal["registered", "temporary", "verified"] = "registered"
    acr_levels: dict[str, Literal["registered", "temporary", "verified"]] = Field(
        default_factory=dict
    )
    # Where the provider puts what: full_name (several claims are joined), tax_number, email, phone.
    claims: dict[str, str] = Field(default_factory=dict)
    trusts_email: bool = False  # its addresses are confirmed, also where it does not say so


class CitizenSettings(BaseSettings):
    """What `Settings` has for citizens; one object holds both."""

    citizen_providers: list[CitizenProvider] = Field(
        default_factory=list,
        description=(
            "Identity providers (OpenID Connect) that citizens may log in through, as JSON: a "
            "list of objects with name, title, issuer, client_id, client_secret, level "
            "(registered, temporary or verified) and claims."
        ),
    )
    citizen_hours: int = Field(8, ge=1, description="A citizen's login ends after so many hours.")
    citizen_idle_minutes: int = Field(
        60, ge=1, description="A citizen's login ends after so long without use."
    )
    sms_url: SecretStr | None = Field(
        None,
        description=(
            "Address of the SMS gateway (HTTP), with its key where the gateway wants it there. "
            "Without it texts are written into the folder of the mails, and reach nobody."
        ),
    )
    sms_method: Literal["POST", "PUT", "GET"] = Field(
        "POST", description="Method of the gateway's request."
    )
    sms_format: Literal["json", "form", "query"] = Field(
        "json", description="Where the fields go: a JSON body, a form, or the address."
    )
    sms_fields: str = Field(
        "",
        description=(
            "The gateway's fields, as a JSON object; {to}, {from}, {text} and {id} in its texts "
            "are filled in. {id} is the same at each try of a text. Empty: to, from and text."
        ),
    )
    sms_authorization: SecretStr = Field(
        SecretStr(""), description="Value of the request's Authorization header, as “Bearer …”."
    )
    sms_from: str = Field("", description="Sender that the gateway shows, as it was registered.")
    sms_prefix: str = Field(
        "+30",
        pattern=r"^\+[1-9]\d{0,3}$",
        description="Country of telephone numbers that are written without one.",
    )
    sms_accepted: str = Field(
        "",
        description=(
            "Regular expression that stands in the gateway's answer when it took the text; "
            "without one any answer of 2xx is good."
        ),
    )
    sms_reference: str = Field(
        "",
        description="Place of the text's id in a JSON answer, as “messages.0.id”, for reports.",
    )
    sms_timeout: float = Field(15.0, gt=0, description="Seconds to wait for the gateway.")
    message_days: int = Field(
        365, ge=30, description="Messages to citizens are forgotten after so many days."
    )
    contact_days: int = Field(
        730,
        ge=30,
        description=(
            "Names and words of contacts and appointments are forgotten after so many days."
        ),
    )
    card_url: str | None = Field(
        None,
        description=(
            "Address of the card provider’s interface (docs/payments.md); without it citizens pay "
            "by transfer alone."
        ),
    )
    card_token: SecretStr = Field(
        SecretStr(""), description="Bearer token that the card provider knows this installation by."
    )
    card_secret: SecretStr = Field(
        SecretStr(""), description="Secret with which the card provider signs what it tells us."
    )
    finance_url: str | None = Field(
        None,
        description=(
            "Address at which the financial application is told of payments; without it the "
            "application reads them itself (GET /payments/events)."
        ),
    )
    finance_secret: SecretStr = Field(
        SecretStr(""), description="Secret with which what it is told is signed."
    )

    @field_validator("card_url", "finance_url", "sms_url", mode="before")
    @classmethod
    def _none_for_empty_address(cls, given: object) -> object:
        return given or None

    @field_validator("sms_fields")
    @classmethod
    def _an_object(cls, given: str) -> str:
        if given and not isinstance(json.loads(given), dict):
            raise ValueError("write a JSON object")
        return given
