"""Words of the services, of what the office writes beside them, and of who may ask for them."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "service_state": {
        "draft": t("Not offered yet"),
        "deployed": t("Offered"),
        "withdrawn": t("Withdrawn"),
    },
    "service_act": {"deployed": t("Deployed"), "withdrawn": t("Withdrawn")},
    "article_kind": {
        "question": t("Question"),
        "knowledge": t("Knowledge base"),
        "life": t("Life situation"),
    },
    "level_asked": {
        "none": t("You need not say who you are."),
        "visitor": t("You need an e-mail address: you get a code there."),
        "registered": t("You need an account, or a login that the body accepts."),
        "temporary": t("You must be known: by a login that proves who you are, or at a counter."),
        "verified": t(
            "You must be known for sure: by a login that proves who you are, or by your papers at "
            "a counter."
        ),
    },
    "language_name": {
        "el": t("Greek"),
        "en": t("English"),
        "hu": t("Hungarian"),
        "cs": t("Czech"),
    },
}

COLOURS: Mapping[tuple[str, str], str] = {
    ("service_state", "draft"): "yellow",
    ("service_state", "deployed"): "green",
}

ACTS: Mapping[str, Text] = {
    "service.loaded": t("Service loaded"),
    "service.deployed": t("Service deployed"),
    "service.withdrawn": t("Service withdrawn"),
    "service.words-written": t("Words of a service written"),
    "service.unit-changed": t("Service went to another unit"),
    "article.written": t("Article written"),
    "article.withdrawn": t("Article withdrawn"),
}

# What `?done=` says on the page after an act
DONE: Mapping[str, Text] = {
    "service-loaded": t("The folder was loaded as a draft. Look at it, then deploy it."),
    "service-known": t("This very folder is here already: this is its version."),
    "service-deployed": t("The service is offered in this version. What runs stays on its own."),
    "service-withdrawn": t("The service is offered no more. What runs goes on."),
    "service-words": t("The words were kept. Citizens read them now."),
    "article": t("The article was kept."),
    "article-withdrawn": t("The article is shown no more."),
}
