"""What stands on the made pages: letters of offices in four languages, written for this benchmark.

Nothing is taken from real documents. Placeholders in braces are filled with numbers, dates and
codes that are drawn anew for each page; they are the key fields that a reading must find.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Letter:
    """The parts of a letter; every line may hold placeholders."""

    issuer: tuple[str, ...]
    contact: tuple[str, ...]
    number: tuple[str, ...]
    addressee: tuple[str, ...]
    subject: str
    body: tuple[str, ...]
    head: tuple[str, ...]
    """Of the table; its rows are drawn from `goods` with amounts."""
    goods: tuple[str, ...]
    signs: tuple[str, str]
    notes: tuple[str, ...]


LETTERS = {
    "ell": Letter(
        issuer=(
            "ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ",
            "ΝΟΜΟΣ ΦΩΚΙΔΑΣ",
            "ΔΗΜΟΣ ΠΑΡΑΛΙΑΣ",
            "ΔΙΕΥΘΥΝΣΗ ΤΕΧΝΙΚΩΝ ΥΠΗΡΕΣΙΩΝ",
            "Τμήμα Συντήρησης Έργων",
        ),
        contact=(
            "Ταχ. Δ/νση: Οδός Ειρήνης 14",
            "Πληροφορίες: Χ. Βλαχοδήμος",
            "Τηλ.: {tel}",
            "E-mail: {mail}",
        ),
        number=("Αρ. Πρωτ.: {prot}", "Ημερομηνία: {date}", "ΑΔΑ: {ada}"),
        addressee=("ΠΡΟΣ: Οικονομική Υπηρεσία", "ΚΟΙΝ.: Γραφείο Αντιδημάρχου", "ΑΦΜ: {afm}"),
        subject=(
            "ΘΕΜΑ: Έγκριση δαπάνης για την επισκευή του δικτύου ύδρευσης στον οικισμό Άνω Χωριό"
        ),
        body=(
            "Σας γνωρίζουμε ότι, ύστερα από αυτοψία του συνεργείου μας, διαπιστώθηκε σοβαρή βλάβη "
            "στον κεντρικό αγωγό, η οποία προκαλεί διακοπές στην υδροδότηση δεκαοκτώ κατοικιών.",
            "Η δαπάνη της επισκευής ανέρχεται στο ποσό των {amount} ευρώ και θα βαρύνει τον κωδικό "
            "30-6262.{code} του προϋπολογισμού, σύμφωνα με την υπ' αριθμ. {decision} απόφαση της "
            "Δημοτικής Επιτροπής και τις διατάξεις του άρθρου 72 του ν. 3852/2010.",
            "Ο ανάδοχος υποχρεούται να ολοκληρώσει τις εργασίες έως την {deadline} και να "
            "αποκαταστήσει το οδόστρωμα με δικές του δαπάνες. Η πληρωμή θα γίνει στον λογαριασμό "
            "{iban} μετά την οριστική παραλαβή.",
            "Παρακαλούμε για τις δικές σας ενέργειες και για την έγκαιρη ενημέρωση των κατοίκων, "
            "ώστε να ληφθούν τα αναγκαία μέτρα κατά τις ώρες της διακοπής.",
        ),
        head=("Α/Α", "Περιγραφή εργασίας", "Ποσότητα", "Τιμή", "Σύνολο"),
        goods=("Σωλήνας πολυαιθυλενίου", "Εκσκαφή με μηχάνημα", "Βάνα ορειχάλκινη", "Ασφαλτόμιγμα"),
        signs=("Ο Αντιδήμαρχος", "Θεόδωρος Ξανθάκης"),
        notes=("Συνημμένα: 2 σχέδια", "Εσωτερική διανομή: Χρονολογικό αρχείο"),
    ),
    "eng": Letter(
        issuer=("WESTBROOK DISTRICT COUNCIL", "Department of Housing", "Repairs and Maintenance"),
        contact=("24 Orchard Street", "Contact: J. Whitfield", "Phone: {tel}", "Email: {mail}"),
        number=("Our ref.: {prot}", "Date: {date}", "Account: {afm}"),
        addressee=("To: The Finance Office", "cc: Mr. Graham Oakley", "Invoice: {ada}"),
        subject="Subject: Approval of the expenditure for roof repairs at the public library",
        body=(
            "Following the inspection of the building by our surveyor, serious damage to the roof "
            "was found above the reading room, and water has entered on several occasions.",
            "The cost of the works amounts to {amount} pounds and shall be charged to budget line "
            "30-6262.{code}, in accordance with decision no. {decision} of the Executive "
            "Committee.",
            "The contractor shall complete the works not later than {deadline} and remove all "
            "waste at his own expense. Payment will be made to the account {iban} after final "
            "acceptance of the works by the responsible officer.",
            "We kindly ask you to take the necessary steps and to inform the visitors of the "
            "library in good time about the hours during which it will remain closed.",
        ),
        head=("No.", "Description", "Quantity", "Price", "Total"),
        goods=("Clay roof tiles", "Scaffolding, weekly", "Copper flashing", "Insulation boards"),
        signs=("Head of Department", "Margaret Holloway"),
        notes=("Enclosures: 2 drawings", "Distribution: file, archive"),
    ),
    "hun": Letter(
        issuer=("KÖVESD VÁROS ÖNKORMÁNYZATA", "POLGÁRMESTERI HIVATAL", "Városüzemeltetési Osztály"),
        contact=(
            "5000 Kövesd, Béke utca 9.",
            "Ügyintéző: Kőműves Gergő",
            "Telefon: {tel}",
            "{mail}",
        ),
        number=("Iktatószám: {prot}", "Kelt: {date}", "Adószám: {afm}"),
        addressee=("Címzett: Pénzügyi Osztály", "Másolat: Űrhegyi Lajosné", "Hivatkozás: {ada}"),
        subject="Tárgy: A vízvezeték-hálózat javítási költségének jóváhagyása",
        body=(
            "Értesítem, hogy a helyszíni szemle során súlyos meghibásodást állapítottunk meg a "
            "gerincvezetéken, amely tizennyolc lakóház vízellátását időszakosan megszakítja.",
            "A javítás költsége {amount} forint, amelyet a költségvetés 30-6262.{code} sora "
            "terhére "
            "kell elszámolni a bizottság {decision} számú határozata alapján.",
            "A vállalkozó köteles a munkát legkésőbb {deadline} napjáig befejezni, és az "
            "útburkolatot "
            "saját költségén helyreállítani. A kifizetés a {iban} számú bankszámlára történik a "
            "végleges műszaki átvételt követően.",
            "Kérem a szükséges intézkedések megtételét, valamint a lakosság időben történő "
            "tájékoztatását az üzemszünet várható időtartamáról.",
        ),
        head=("Ssz.", "Megnevezés", "Mennyiség", "Ár", "Összesen"),
        goods=("Polietilén cső", "Gépi földmunka", "Sárgaréz tolózár", "Aszfaltkeverék"),
        signs=("Jegyző", "dr. Szőllősi Ágnes"),
        notes=("Melléklet: 2 tervrajz", "Kapják: Irattár, Műszaki csoport"),
    ),
    "ces": Letter(
        issuer=("MĚSTSKÝ ÚŘAD PODHRADÍ", "Odbor správy majetku", "Oddělení údržby"),
        contact=("Žižkova 112, Podhradí", "Vyřizuje: Ing. Dvořáčková", "Telefon: {tel}", "{mail}"),
        number=("Č. j.: {prot}", "Datum: {date}", "DIČ: {afm}"),
        addressee=("Komu: Finanční odbor", "Na vědomí: pan Řehoř Šťastný", "Značka: {ada}"),
        subject="Věc: Schválení výdaje na opravu vodovodního řadu v místní části Horní Lhota",
        body=(
            "Sdělujeme vám, že při místním šetření byla zjištěna závažná porucha hlavního řadu, "
            "která způsobuje opakované přerušení dodávky vody do osmnácti domácností.",
            "Náklady na opravu činí {amount} Kč a budou hrazeny z rozpočtové položky "
            "30-6262.{code} "
            "na základě usnesení rady města č. {decision} a příslušných ustanovení zákona.",
            "Zhotovitel je povinen dokončit práce nejpozději do {deadline} a uvést povrch vozovky "
            "do původního stavu na vlastní náklady. Úhrada bude provedena na účet {iban} po "
            "konečném převzetí díla.",
            "Žádáme vás o zajištění potřebných kroků a o včasné informování obyvatel o "
            "předpokládané "
            "době trvání odstávky.",
        ),
        head=("Č.", "Popis položky", "Množství", "Cena", "Celkem"),
        goods=("Polyetylenová trubka", "Výkop strojem", "Mosazné šoupě", "Asfaltová směs"),
        signs=("Vedoucí odboru", "Mgr. Jiří Kučera"),
        notes=("Přílohy: 2 výkresy", "Rozdělovník: spis, archiv"),
    ),
}

# For pages full of text; shuffled for each page.
PARAGRAPHS = {
    "ell": (
        "Το Δημοτικό Συμβούλιο συνήλθε σε τακτική συνεδρίαση και, αφού διαπιστώθηκε η απαρτία, "
        "προχώρησε στη συζήτηση των θεμάτων της ημερήσιας διάταξης.",
        "Ο Πρόεδρος έθεσε υπόψη του σώματος την εισήγηση της υπηρεσίας, στην οποία αναφέρονται οι "
        "λόγοι που επιβάλλουν την αναμόρφωση του προϋπολογισμού.",
        "Οι ενδιαφερόμενοι μπορούν να υποβάλουν ενστάσεις εντός προθεσμίας δέκα ημερών από τη "
        "δημοσίευση της πράξης, στο πρωτόκολλο της υπηρεσίας ή με συστημένη επιστολή.",
        "Η επιτροπή παραλαβής διενήργησε μακροσκοπικό έλεγχο των ειδών και διαπίστωσε ότι είναι "
        "σύμφωνα με τις τεχνικές προδιαγραφές της μελέτης.",
        "Κατά τη διάρκεια του χειμώνα οι υπάλληλοι της καθαριότητας εργάζονται από τις "
        "έξι το πρωί, "
        "ενώ τα οχήματα σταθμεύουν στον χώρο του παλαιού σφαγείου.",
        "Τα δικαιολογητικά γίνονται δεκτά σε φωτοαντίγραφα, εκτός από την υπεύθυνη δήλωση, η οποία "
        "υπογράφεται ενώπιον του αρμόδιου υπαλλήλου ή ηλεκτρονικά.",
        "Με την παρούσα ανακαλείται κάθε προηγούμενη απόφαση που ρυθμίζει διαφορετικά το ίδιο θέμα "
        "και ορίζεται νέα διαδικασία χορήγησης αδειών στάθμευσης.",
        "Η μίσθωση του ακινήτου διαρκεί τρία έτη, με δυνατότητα παράτασης, και το μίσθωμα "
        "αναπροσαρμόζεται κάθε χρόνο σύμφωνα με τον δείκτη τιμών καταναλωτή.",
    ),
    "eng": (
        "The council met in ordinary session and, a quorum being present, proceeded to discuss the "
        "items of the agenda in the order in which they had been published.",
        "The chairman laid before the members the report of the service, which sets out "
        "the reasons "
        "for the proposed amendment of the budget.",
        "Objections may be lodged within ten days of publication, either at the registry of the "
        "service or by registered letter sent to the address given above.",
        "The acceptance committee examined the goods delivered and found that they comply with the "
        "technical specifications of the study.",
        "During winter the cleaning staff begin work at six in the morning, while the vehicles are "
        "parked in the yard of the old slaughterhouse.",
        "Supporting documents are accepted as copies, with the exception of the solemn "
        "declaration, "
        "which has to be signed in the presence of the officer.",
        "Every earlier decision that settles the same matter in another way is hereby revoked, and "
        "a new procedure is laid down for granting parking permits.",
    ),
    "hun": (
        "A képviselő-testület rendes ülést tartott, és a határozatképesség megállapítását követően "
        "megtárgyalta a napirenden szereplő előterjesztéseket.",
        "Az elnök ismertette a hivatal jelentését, amely részletesen indokolja a költségvetés "
        "tervezett módosítását és annak pénzügyi következményeit.",
        "Az érintettek a közzétételtől számított tíz napon belül kifogást nyújthatnak be az "
        "iktatóban vagy ajánlott levélben a fenti címre.",
        "Az átvételi bizottság megvizsgálta a leszállított árukat, és megállapította, hogy azok "
        "megfelelnek a műszaki leírásnak.",
        "Télen a köztisztasági dolgozók reggel hatkor kezdenek, a járművek pedig a régi vágóhíd "
        "udvarában parkolnak.",
        "Az igazolásokat másolatban is elfogadjuk, kivéve a büntetőjogi nyilatkozatot, amelyet az "
        "ügyintéző előtt kell aláírni.",
    ),
    "ces": (
        "Zastupitelstvo se sešlo na řádném zasedání a po zjištění usnášeníschopnosti projednalo "
        "jednotlivé body programu v pořadí, v jakém byly zveřejněny.",
        "Předseda předložil členům zprávu úřadu, která podrobně vysvětluje důvody navrhované změny "
        "rozpočtu i její finanční důsledky.",
        "Námitky lze podat do deseti dnů od zveřejnění, a to buď v podatelně úřadu, nebo "
        "doporučeným dopisem na výše uvedenou adresu.",
        "Přejímací komise prohlédla dodané zboží a shledala, že odpovídá technickým podmínkám "
        "stanoveným v projektové dokumentaci.",
        "V zimě začínají pracovníci úklidu v šest hodin ráno, zatímco vozidla parkují na dvoře "
        "bývalých jatek za nádražím.",
        "Doklady se přijímají v kopiích s výjimkou čestného prohlášení, které musí být podepsáno "
        "před oprávněnou úřední osobou.",
    ),
}
