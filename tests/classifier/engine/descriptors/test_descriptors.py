"""What a descriptor becomes: a table of lines, names that must survive, and properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engine.descriptors import MAX_CANONICAL_LENGTH, normalize
from classifier.engine.descriptors.canonical import fold

CANONICAL = [
    # processor prefixes
    ("SQ *BLUE DOOR COFFEE", "blue door coffee"),
    ("SQ *7 SEAS FISH BAR", "7 seas fish bar"),
    ("sq*kim's nails", "kim's nails"),
    ("SQU*BAKERHAUS", "bakerhaus"),
    ("GOSQ.COM *MAPLE YOGA", "maple yoga"),
    ("TST* The Rusty Anchor", "the rusty anchor"),
    ("TST*NOODLE BAR", "noodle bar"),
    ("PAYPAL *SPOTIFY", "spotify"),
    ("PAYPAL *NINTENDO 402-935-7733", "nintendo"),
    ("PP*PATREON MEMBER", "patreon member"),
    ("PY *HILLSIDE DELI", "hillside deli"),
    ("SUMUP *GASTHOF KRONE", "gasthof krone"),
    ("SumUp  *Cafe Mila", "cafe mila"),
    ("ZETTLE_*GREEN TEAPOT", "green teapot"),
    ("iZettle *Fish & Chips", "fish & chips"),
    ("IZ *FOX AND HOUNDS", "fox and hounds"),
    ("SP * ALLBIRDS", "allbirds"),
    ("SP *GYMSHARK", "gymshark"),
    ("CKO*DELIVEROO", "deliveroo"),
    ("STRIPE* ACME SOFTWARE", "acme software"),
    ("DD *DOORDASH WINGSTOP", "doordash wingstop"),
    ("IC* INSTACART", "instacart"),
    ("EZI*IRONSIDE GYM", "ironside gym"),
    ("YOCO *MUIZENBERG SURF", "muizenberg surf"),
    ("KLARNA*H&M", "h&m"),
    ("PADDLE.NET* CLEANMYMAC", "cleanmymac"),
    ("GOOGLE *SUPERCELL", "supercell"),
    ("GOOGLE *YOUTUBEPREMIUM", "youtubepremium"),
    ("GOOGLE *Play Pass", "google *play pass"),
    ("GOOGLE * Play", "google * play"),
    ("APPLE.COM/BILL", "apple.com/bill"),
    ("PAYPAL *", "paypal *"),
    ("MY SHOP SQ * 14 NOV", "my shop sq"),
    # orders behind a star
    ("AMZN Mktp US*2A3B4C", "amzn mktp us"),
    ("AMZN Mktp CA*1K2LM34N5 AMZN.CA", "amzn mktp ca amzn.ca"),
    ("Amazon.com*RT4KL0YZ3", "amazon.com"),
    ("AIRBNB * HMABC123XY", "airbnb"),
    ("UBER *TRIP", "uber *trip"),
    ("UBER *EATS HELP.UBER.COM", "uber *eats help.uber.com"),
    ("LYFT *RIDE SUN 9AM", "lyft *ride sun 9am"),
    ("STEAM*4GAMES", "steam*4games"),
    ("UPS*0001234567", "ups"),
    # wrappers
    ("POS PURCHASE ALDI 72031 CHICAGO IL", "aldi chicago il"),
    ("POS DEBIT VISA KROGER #744", "kroger"),
    ("POINT OF SALE DEBIT HOME DEPOT", "home depot"),
    ("DEBIT CARD PURCHASE - CHIPOTLE 2214 XXXX1234", "chipotle"),
    ("DEBIT CARD PURCHASE XXXXX1234 SWEETGREEN NEW YORK NY", "sweetgreen new york ny"),
    (
        "CHECKCARD 0315 SQ *BLUE DOOR COFFEE 0423 OAKLAND CA 24692164074100123456789",
        "blue door coffee oakland ca",
    ),
    ("CHECK CARD PURCHASE LOWES #1882", "lowes"),
    ("VISA CHECK CARD 1234 PANERA", "panera"),
    (
        "PURCHASE AUTHORIZED ON 03/14 TRADER JOE'S #182 SAN JOSE CA S304073512345678 CARD 4432",
        "trader joe's san jose ca",
    ),
    (
        "RECURRING PAYMENT AUTHORIZED ON 11/02 NETFLIX.COM CA S584306012345678 CARD 4432",
        "recurring payment netflix.com ca",
    ),
    ("RECURRING CARD PURCHASE: DROPBOX", "dropbox"),
    ("VISA PURCHASE COLES 0547 FITZROY", "coles fitzroy"),
    ("VISA DEBIT PURCHASE CARD 4432 BUNNINGS", "bunnings"),
    ("EFTPOS WOOLWORTHS 3319 NEWTOWN NSW", "woolworths newtown nsw"),
    ("INTERAC PURCHASE - 7842 TIM HORTONS", "tim hortons"),
    ("CONTACTLESS INTERAC PURCHASE - 7842 SOBEYS", "sobeys"),
    ("CONTACTLESS PAYMENT GREGGS LEEDS", "greggs leeds"),
    ("CARD PAYMENT TO TESCO STORES 6218 ON 12 NOV", "tesco stores"),
    ("CARD PAYMENT TO MOONPIG.COM,5.98 GBP ON 08-05-2024", "moonpig.com"),
    ("PRET A MANGER ON 12 NOV BCC", "pret a manger"),
    ("ACH DEBIT COMCAST CABLE WEB ID: 4418822", "comcast cable"),
    ("PREAUTHORIZED DEBIT GOODLIFE FITNESS", "goodlife fitness"),
    ("SEPA-LASTSCHRIFT STADTWERKE BONN MREF+M0001234 CRED+DE98ZZZ09999999999", "stadtwerke bonn"),
    ("SEPA LASTSCHRIFT ALLIANZ SVWZ+BEITRAG 2024", "allianz beitrag 2024"),
    ("KARTENZAHLUNG REWE MARKT 14.11.2024 18:32", "rewe markt"),
    ("EDEKA CENTER KARTENZAHLUNG", "edeka center"),
    ("EDEKA CENTER 14.11. GIROCARD", "edeka center"),
    ("PAIEMENT CB BOULANGERIE PAUL 12/04", "boulangerie paul"),
    ("CARTE 12/04 CARREFOUR CITY CB*4432", "carrefour city"),
    ("PRLV SEPA FREE MOBILE RUM FR1234567890", "free mobile"),
    ("COMPRA TARJ. XXXX4432 MERCADONA", "mercadona"),
    ("SEPA INCASSO VITENS NV KENMERK: 1234567", "vitens nv"),
    ("PAGAMENTO POS ESSELUNGA 12/03/2024", "esselunga"),
    # words that say what the money is for
    ("ATM WITHDRAWAL 004481 03/14 OAKLAND CA", "atm withdrawal oakland ca"),
    ("INTEREST PAID", "interest paid"),
    ("OVERDRAFT FEE", "overdraft fee"),
    ("ACME CORP PAYROLL PPD ID: 1234567890", "acme corp payroll"),
    (
        "ADP TOTALSOURCE DES:PAYROLL ID:XXXXX4471 INDN:SMITH J CO ID:XXXXX05001 PPD",
        "adp totalsource payroll",
    ),
    ("ZELLE PAYMENT TO ANNA JPM99A1C4X2", "zelle payment to anna"),
    ("TRANSFER TO XX9876 HOLIDAY FUND", "transfer to holiday fund"),
    ("ONLINE TRANSFER TO SAV XXXX1234", "online transfer to sav"),
    ("DIRECT DEP RIPPLING", "direct dep rippling"),
    ("DIRECT DEBIT BRITISH GAS", "direct debit british gas"),
    ("VISA PURCHASE REFUND ZARA", "refund zara"),
    ("HOME LOAN REPAYMENT 66120", "home loan repayment 66120"),
    ("CASH APP*JAMES W", "cash app*james w"),
    ("VENMO *PAYMENT", "venmo *payment"),
    ("CARD PURCHASE FEE", "card purchase fee"),
    ("VISA PURCHASE INTEREST CHARGE", "visa purchase interest charge"),
    ("PAIEMENT CARTE DE CREDIT DESJARDINS", "paiement carte de credit desjardins"),
    ("GIFT CARD 4432", "gift card 4432"),
    # masks and cards
    ("NETFLIX.COM XXXX1234", "netflix.com"),
    ("NETFLIX.COM ****1234", "netflix.com"),
    ("NETFLIX.COM ##1234", "netflix.com"),
    ("NETFLIX.COM XXXX XXXX XXXX 1234", "netflix.com"),
    ("NETFLIX.COM 453201XXXXXX1234", "netflix.com"),
    ("NETFLIX.COM CARD 4432", "netflix.com"),
    ("NETFLIX.COM CARD ENDING IN 4432", "netflix.com"),
    ("NETFLIX.COM CARD NO. 4432", "netflix.com"),
    ("NETFLIX.COM (CARD 4432)", "netflix.com"),
    ("NETFLIX.COM XXXX", "netflix.com"),
    ("XX4432 - LIDL", "lidl"),
    ("IKEA TEMPE NSW TAP AND PAY XX7312", "ikea tempe nsw"),
    ("IKEA TEMPE NSW CARD XX7312 VALUE DATE: 12/03/2024", "ikea tempe nsw"),
    # dates and times
    ("LIDL 03/14", "lidl"),
    ("LIDL 14MAR", "lidl"),
    ("LIDL 14MAR24", "lidl"),
    ("LIDL 14 Nov 2024", "lidl"),
    ("LIDL 2024-11-14", "lidl"),
    ("LIDL 14/11/2024", "lidl"),
    ("LIDL 14.11.24", "lidl"),
    ("LIDL 14.11.", "lidl"),
    ("LIDL ON 12 NOV", "lidl"),
    ("LIDL LE 3 JUIN", "lidl"),
    ("LIDL 12. OKT", "lidl"),
    ("LIDL 1ST DEC", "lidl"),
    ("LIDL 03/14/24 14:32", "lidl"),
    ("LIDL AT 14:32:10", "lidl"),
    ("LIDL 9:05 PM", "lidl"),
    # references, phones, amounts
    ("EXPEDIA REF 72931834", "expedia"),
    ("EXPEDIA REF: AB12345", "expedia"),
    ("HILTON AUTH CODE 123456", "hilton"),
    ("ARGOS ORDER NO. 55123", "argos"),
    ("SHELL TERMINAL 00123456", "shell"),
    ("QVC 800-367-9444", "qvc"),
    ("Q.V.C. (800) 367-9444", "q.v.c."),
    ("QVC 800-3679444", "qvc"),
    ("QVC 800-367-9444PA", "qvc pa"),
    ("ODEON 020 7946 0018", "odeon"),
    ("PIZZA CO 1300 555 123", "pizza co"),
    ("HOTEL ADLON +49 30 12345678", "hotel adlon"),
    ("STEAM USD 59.99", "steam"),
    ("STEAM 59.99 EUR", "steam"),
    ("STEAM 12.02 US DOLLAR", "steam"),
    ("CAFE SUVA 1,860.50 FIJI DOLLAR", "cafe suva"),
    ("STEAM EUR 10,00 RATE 1.0912", "steam"),
    ("MIETE IBAN DE89 3704 0044 0532 0130 00", "miete"),
    ("HMRC GB29 NWBK 6016 1331 9268 19", "hmrc"),
    ("RENT IBAN+DE89370400440532013000", "rent"),
    # store numbers
    ("KROGER #0744", "kroger"),
    ("KROGER # 744", "kroger"),
    ("BP#1234567", "bp"),
    ("APPLE STORE #R014", "apple store"),
    ("STARBUCKS STORE 11842 SEATTLE WA", "starbucks store seattle wa"),
    ("DOLLAR STORE 0118", "dollar store"),
    ("LEVI'S STORE 117", "levi's store"),
    ("TARGET T-1845", "target"),
    ("COLES 0547", "coles"),
    ("SHOPMART0918", "shopmart"),
    ("DELI00000000", "deli"),
    ("MCDONALD'S F13345 DES MOINES IA", "mcdonald's des moines ia"),
    ("WALGREENS 9415 DEERFIELD IL", "walgreens deerfield il"),
    ("SHELL OIL 57444212345", "shell oil"),
    ("BESTBUY MEXICO ID A1B2C3D4E5", "bestbuy mexico id"),
]

# The digits, stars and short words of these are the name itself.
NAMES = [
    "#1 nails", "1-800 contacts", "1-800-flowers", "10 below", "100 montaditos", "1800 flowers",
    "1847 goedeker", "1password", "1st source", "20th century", "21 club", "23andme",
    "24 hour fitness", "24/7 fitness", "2nd street", "3 mobile", "3 store", "360 training",
    "365 market", "3m", "4ever young", "42nd street diner", "5 guys", "7 for all mankind",
    "7-eleven", "7/11", "76 gas", "86 champs", "9/11 memorial", "90 mile beach", "99 ranch",
    "a-1 auto", "at&t", "atm", "b&q", "bar 1886", "big 5 sporting goods", "blink-182 store",
    "c&a", "capital one 360", "card factory", "cash app", "catch 22", "century 21", "e.on", "ee",
    "f45 training", "forever 21", "gift card", "h&m", "hotel 1898", "k9 resorts", "level 99",
    "loan payment", "m6 toll", "may 1 nails", "motel 6", "o'reilly", "o2", "order of malta",
    "payroll", "paypal", "pho 24", "pier 1 imports", "pizza 73", "pos malaysia", "ps5",
    "ref sports", "route 66", "seat 61", "square enix", "studio 54", "super 8", "t-mobile",
    "terminal 5", "the 1975", "trader joe's", "transfer to savings", "u-haul", "zipcar",
]  # fmt: skip

WORDS = ["blue", "door", "coffee", "atm", "fee", "payroll", "loan", "café", "zelle", "&", "l'été"]

# Pieces of bank lines, so that examples reach the rules that arbitrary text never would.
PIECES = st.sampled_from(
    [
        "pos purchase", "checkcard 0315", "sq *", "paypal *", "kiosk", "*2a3b4c", "ref", "12345",
        "1234567", "0423", "#0744", "card", "4432", "xx1234", "****", "03/14", "14 nov", "on",
        "14:32", "usd", "59.99", "des:", "id:", "indn:", "store", "t-1845", "800-367-9444", "-",
        "(", ")", "value date:", "tap and pay", "a1b2c3d4", "iban", "de89", "3704", "mref+x1", ",",
        "lastschrift", "ON", "Café", "\u200b", "\uff11\uff12", "İ",
    ]
)  # fmt: skip
LINES = st.lists(PIECES, max_size=12).flatmap(
    lambda pieces: st.sampled_from(["", " "]).map(lambda space: space.join(pieces))
)
# text() alone would leave lone surrogates out.
ANYTHING = st.text(st.characters()) | st.text(st.characters(categories=["Cs", "Cf", "Cc", "Lu"]))
LONG = st.builds(str.__mul__, ANYTHING, st.integers(1, 600))


def has_letter(text: str) -> bool:
    return any(character.isalpha() for character in text)


@pytest.mark.parametrize(("raw", "canonical"), CANONICAL)
def test_a_line_becomes_its_canonical_text(raw: str, canonical: str) -> None:
    assert normalize(raw) == canonical


@pytest.mark.parametrize("name", NAMES)
def test_a_name_survives_alone(name: str) -> None:
    assert normalize(name.upper()) == name


@pytest.mark.parametrize("name", [name for name in NAMES if name != "7/11"])
@pytest.mark.parametrize(
    "wrapped",
    [
        "POS DEBIT {} 03/14",
        "CHECKCARD 0315 {} XXXX4432",
        "PURCHASE AUTHORIZED ON 03/14 {} CARD 4432",
        "SQ *{}",
        "{} #0423",
    ],
)
def test_a_name_survives_in_a_memo(name: str, wrapped: str) -> None:
    assert normalize(wrapped.format(name.upper())) == name


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("  Café   de\tFlore ", "café de flore"),
        ("CAFE\u0301 NERO", "café nero"),
        ("\uff34\uff25\uff33\uff23\uff2f\u3000\uff11", "tesco 1"),
        ("Straße 5 Bäckerei", "strasse 5 bäckerei"),
        ("NET\u200bFLIX\ufeff", "netflix"),
        ("SHOP\u202eABC", "shopabc"),
        ("COFFEE\x00BAR\x1f", "coffee bar"),
        ("NBSP\u00a0SHOP", "nbsp shop"),
        ("ΚΑΦΕΣ", "καφεσ"),
        ("МАГАЗИН", "магазин"),
        ("セブン", "セブン"),
        ("مقهى", "مقهى"),
        ("☕ BAR", "☕ bar"),
        ("\ud800LIDL\udfff", "lidl"),
        ("ﬁtness", "fitness"),
        ("5 \u3387 SHOP", "5 gb shop"),
    ],
)
def test_unicode_is_folded(raw: str, canonical: str) -> None:
    assert normalize(raw) == canonical


@pytest.mark.parametrize("raw", ["", " ", "12345678", "03/14", "***1234", "#0423", "€ 5", "☕"])
def test_a_text_without_letters_is_not_stripped(raw: str) -> None:
    assert normalize(raw) == raw.strip()


@pytest.mark.parametrize("raw", ["CARD 4432", "REF 1234567", "XXXX1234", "POS PURCHASE 0423 9944"])
def test_the_last_letter_is_never_stripped(raw: str) -> None:
    assert has_letter(normalize(raw))


def test_a_bare_number_is_stripped_from_a_memo_only() -> None:
    assert normalize("TIM HORTONS 1342") == "tim hortons 1342"
    assert normalize("TIM HORTONS 1342 HAMILTON ONTARIO") == "tim hortons hamilton ontario"


def test_the_folded_text_is_cut_before_anything_is_stripped() -> None:
    assert normalize("SQ *" + "A" * 508) == "a" * 508
    assert normalize("SQ *" + "A" * 5000) == "a" * 508
    assert normalize("A" * 511 + " B") == "a" * 511


@pytest.mark.parametrize("letter", ["ß", "½a", "ﷺ", "ΐ", "ŉ", "İ", "ǰ\u0323"])
@pytest.mark.parametrize("length", [511, 512])
def test_a_text_that_folding_lengthens_is_cut(letter: str, length: int) -> None:
    once = normalize((letter * 512)[:length])
    assert len(once) <= MAX_CANONICAL_LENGTH
    assert normalize(once) == once


def test_a_text_that_does_not_settle_is_only_folded() -> None:
    wrappers = "POS PURCHASE " * 20
    assert normalize(wrappers + "SHOP") == (wrappers + "SHOP").lower()


@given(ANYTHING | LINES | LONG)
def test_the_result_has_a_bound(text: str) -> None:
    assert len(normalize(text)) <= MAX_CANONICAL_LENGTH


@given(ANYTHING | LINES | LONG)
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once


@given(ANYTHING | LINES)
def test_the_result_is_never_longer_than_the_folded_text(text: str) -> None:
    assert len(normalize(text)) <= len(fold(text))


@given(ANYTHING | LINES)
def test_a_letter_is_left_where_there_was_one(text: str) -> None:
    assert has_letter(normalize(text)) == has_letter(fold(text))


@given(ANYTHING | LINES)
def test_the_result_can_be_stored_and_tokenized(text: str) -> None:
    result = normalize(text)
    result.encode("utf-8")
    assert result == " ".join(result.split())
    assert "\x00" not in result


@given(LINES | st.text(st.characters(max_codepoint=0x7F)))
def test_letter_case_does_not_matter(text: str) -> None:
    assert normalize(text.upper()) == normalize(text) == normalize(text.swapcase())


@given(LINES, st.sampled_from(["", " ", "\t", "\r\n", "\u00a0", "\u3000 "]))
def test_outer_white_space_does_not_matter(text: str, space: str) -> None:
    assert normalize(space + text + space) == normalize(text)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
def test_plain_words_come_through_unchanged(words: list[str]) -> None:
    assert normalize(" ".join(words).upper()) == " ".join(words)
