"""Canonical text of bank and card transaction descriptors.

`normalize` strips adaptively. Every line loses what unmistakably names one transaction and not the
merchant: the bank's wrapper, processor prefixes, card masks, dates, labelled references, phone and
store numbers. Only a *memo* (a line longer than a card network's name field) also loses bare
numbers and ids, because in a short line they are as often a part of the name.
"""

import re
import unicodedata
from typing import Final, NamedTuple

NORMALIZER_VERSION: Final = 1

# A card network carries 22 to 25 characters of merchant name; a longer line holds more than that.
_CARD_NAME_LENGTH: Final = 25
# Of the folded text, which can be longer than its input: "ß" becomes "ss". The longest remittance
# fields hold under 500 characters.
MAX_CANONICAL_LENGTH: Final = 512
# A pass can uncover what the next one strips (a prefix behind a date); real lines settle in three.
_MAX_PASSES: Final = 8
# What stripping leaves dangling at either end. A leading "#" may be the name's own.
_DANGLING_START: Final = " *,:;-/"
_DANGLING_END: Final = " *,:;-/#("


class _Rule(NamedTuple):
    needs: str  # a part without which the pattern cannot match; "" asks for a digit
    pattern: re.Pattern[str]
    memo_only: bool = False


def _rule(needs: str, pattern: str, *, memo_only: bool = False) -> _Rule:
    return _Rule(needs, re.compile(pattern), memo_only)


# What banks write before the merchant of a card payment or a direct debit. Words that say what the
# money is for are never in here (atm, cash, cheque, deposit, fee, interest, loan, payroll, refund,
# return, transfer), nor is a bare "direct debit" or "debit order": insurers and lenders collect so,
# and stripping that word alone cost their category 40 points. The first match wins, so a longer
# phrase stands before the phrase it begins with.
_WRAPPERS: Final = "|".join(
    (
        # English
        r"(?:pos|point of sale|dda|dbt|pin|signature|interac retail|retail|idp) pur(?:chase)?",
        r"(?:(?:contactless )?interac (?:retail )?purchase|achat interac)(?: -)?+"
        r"(?: \d{4}(?!\S))?+",
        r"contactless(?: purchase| payment)?",
        r"(?:pos|point of sale|dda) (?:debit|transaction)(?: visa| mc)?(?: dda)?|dbt crd",
        r"(?:recurring |visa |international )?(?:debit |credit )?card purchase(?: with pin)?",
        r"(?:debit |credit )?card (?:transaction|debit)|debit card payment|card payment to",
        r"(?:visa |mastercard )?ch(?:eck|k) ?ca?rd(?: purchase)?+(?: \d{4}(?!\S))?+",
        r"(?:visa|mastercard|maestro)(?: debit)? (?:retail )?purchase|(?:visa|mastercard) debit",
        r"(?:international )?(?:online )?purchase(?: authori[sz]ed)? (?:at|on(?= \d))",
        r"international (?:online )?purchase|debit purchase|fpos",
        r"eftpos(?: purchase| debit| payment)?|pay(?:wave|pass)(?: purchase)?",
        r"ach (?:debit|web|withdrawal|hold|pmt)|pre-?authori[sz]ed (?:debit|payment)",
        # German, Dutch, French, Spanish, Italian
        r"(?:sepa[- ])?(?:basis|folge|erst)?lastschrift(?:einzug)?|sepa direct debit|girocard",
        r"(?:ec[- ]|debit)?karten(?:zahlung|umsatz)|betaalautomaat|betaalpas",
        r"sepa incasso(?: algemeen doorlopend)?|pr(?:[ée]l[èe]vement|lv) sepa",
        r"(?:paiement|achat|facture) (?:par )?(?:carte|cb)|carte(?= \d\d/\d\d)",
        r"(?:compra|pago)(?: con)? tarj(?:eta|\.)?",
        r"adeudo sepa|pagamento (?:con )?(?:pos|carta)|addebito (?:sdd|diretto)",
    )
)

# Payment facilitators: what follows their "*" is the merchant. Absent on purpose: uber, lyft,
# airbnb, amazon, cash app, venmo and others whose own name is the better half of the line.
_PROCESSORS: Final = "|".join(
    (
        r"sq[cu]?|gosq\.com|tst|toast|clv|clover|spo|spoton|py|pp|paypal|sumup|smp|i?zettle_?",
        r"iz|sp|sqsp|spt|cko|stripe|adyen|worldpay|wpy|mollie|ccv|bck|nyx|nayax|ctlp|zlr|bls|lsp",
        r"klarna|clearpay|afterpay|zip|ezi|ezidebit|yoco|zapper\d?|ikh?|hpy|c|payfast|paystack",
        r"ls|crv|snapscan|razorpay|2co\.com|2checkout\.com|paddle(?:\.net)?|fs|fsprg|wl|in|act",
        r"ebanx|dlo?|mp|merpago|mercadopago|pag|pagseguro|lemsqzy|seamless|cke|dd|ic",
        # Google's own products keep its name: "play" or "one" alone would say nothing.
        r"google(?= ?\* ?+(?!google|play|store|one|ad|cloud|fi|pay|domain|service|workspace))",
    )
)

_MONTHS: Final = (
    r"(?:jan(?:uary|v)?|feb(?:ruary)?|f[ée]vr?|mar(?:ch|s)?|m[äa]rz|mrt|apr(?:il)?|avr(?:il)?|abr"
    r"|may|mai|mei|june?|juin|july?|juil|aug(?:ust)?|ao[uû]t|ago|sept?(?:ember)?|o[ck]t(?:ober)?"
    r"|nov(?:ember)?|de[cz](?:ember)?|d[ée]c|dic|ene)\.?"
)
# Day and month without a year need both zeros: "24/7", "7/11" and "9/11" are names.
_DATES: Final = (
    r"(?:(?:19|20)\d\d-[01]\d-[0-3]\d|[0-3]?\d[/.-][0-3]?\d[/.-](?:19|20)?\d\d"
    r"|(?:0[1-9]|1[0-2])/(?:[0-2]\d|3[01])|(?:[0-2]\d|3[01])(?:/(?:0[1-9]|1[0-2])"
    r"|\.(?:0[1-9]|1[0-2])\.?)|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?[. -]{0,2}"
    rf"{_MONTHS}(?:,?[ -](?:19|20)\d\d|-?\d\d)?)"
)
_TIME: Final = r"[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?: ?[ap]m)?"
_CURRENCIES: Final = (
    r"(?:us dollars?|usd|eur(?:os?)?|gbp|cad|aud|nzd|chf|jpy|sek|nok|dkk|zar|sgd|hkd|mxn|inr|pln"
    r"|czk|thb|aed|brl|ils|cny)"
)
# Every repetition that can fail late is bounded, which keeps the time linear in the text.
_AMOUNT: Final = r"[$£€]?\d{1,9}(?:[.,]\d{2,3}){0,3}"
_DIGITS_3: Final = r"(?=(?:[a-z-]{0,12}\d){3})"  # a reference holds three digits or more

_RULES: Final = (
    # Wrappers go first: what is then the first word is a name, also where it is a number.
    _rule(
        " ", rf"\A(?:{_WRAPPERS})[ :-]{{1,3}}(?!fees?\b|charges?\b|interest\b|de cr[ée]dit\b)(?=\S)"
    ),
    _rule("authori", r"(?<!\S)authori[sz]ed (?=on \d)"),
    # Amounts only beside their currency, as a bare price can name a product; and before the dates,
    # which look alike.
    _rule("", rf"(?<![^\s,])(?:{_CURRENCIES} ?{_AMOUNT}|{_AMOUNT} ?{_CURRENCIES})(?![^\s,])"),
    _rule("dollar", r"(?<!\S)\d{1,3}(?:,?\d{3}){0,2}\.\d\d [a-z]{2,10} dollars?(?!\S)"),
    _rule("", r"(?<!\S)(?:rate:?|kurs:?|@) ?\d{1,4}[.,]\d{2,8}(?:/[a-z]{3})?(?!\S)"),
    # Dates before prefixes: in "sq * 14 nov" no merchant follows the star.
    _rule(
        "",
        rf"(?<!\S)(?:on |du |le |am |vom )?{_DATES}(?:[/ ]{_TIME})?(?: (?:bcc|bdc|clp)\b)?(?!\S)",
    ),
    _rule("", rf"(?<!\S)(?:at )?{_TIME}(?!\S)"),
    # "card 4432" before the mask alone; a gift card is a thing bought.
    _rule(
        "card",
        r"(?<!\w)(?<!gift )card(?: (?:no|nr|number|ending(?: in)?))?\.?:? ?(?:#?[x*]{0,12}\d{4}\b"
        r"|(?<=no)(?!\S)|(?<=no\.)(?!\S))",
    ),
    _rule("", r"\b(?:carte|karte|cb|cd) ?[x*]?\d{4}(?!\S)", memo_only=True),
    # Masks, with or without the first six digits.
    _rule(
        "", r"(?<![\w*])(?:\d{4,6})?(?:[x*#•]{2,16}|\.{3})[ -]?(?:[x*]{4}[ -]){0,3}\d{2,6}(?!\w)"
    ),
    _rule("xxxx", r"(?<!\S)x{4,16}(?!\S)"),
    _rule("tap and pay", r"(?<= )tap and pay(?!\S)"),
    _rule("kart", r"(?<= )(?:kartenzahlung|ec-karte)\Z"),
    _rule("girocard", r"(?<= )girocard\Z"),
    _rule("*", rf"(?<!\S)(?:{_PROCESSORS}) ?\* ?(?=#?\d{{0,4}}(?:[/-]\d{{1,3}})?[ -]?[^\W\d_])"),
    # The order id behind a merchant's star; two digits, so that "*4games" stays.
    _rule(
        "*",
        r"(?<=\w) ?\* ?(?![a-z]{4,12}\d+(?!\S))(?=(?:[a-z]{0,12}\d){2}|[a-z]{1,12}\d[a-z])"
        r"[a-z\d]{4,16}(?!\S)",
    ),
    # Labelled fields: ACH (NACHA), then SEPA and the MT940 tags that German banks print.
    _rule("indn:", r"\bindn: ?[^:]{0,40}(?=(?<= )(?:co )?id:|\Z)"),
    _rule(
        "id", r"\b(?:(?:ppd|web|ccd|tel|ctx|orig|co|ind) )?id: ?\S+(?: (?:ppd|web|ccd|tel|ctx)\b)?"
    ),
    _rule(":", r"\b(?:des|orig co name|co entry descr): ?|\bsec:(?:ppd|web|ccd|tel|ctx)\b"),
    _rule("", r"(?<!\S)(?:iban:? )?[a-z]{2}\d\d (?:[a-z]{4} )?\d{4} \d{4}(?: \d{1,4}){0,5}(?!\S)"),
    _rule("+", r"\b(?:eref|mref|kref|bref|cred|abwa|iban|bic)\+ ?\S+|\bsvwz\+"),
    _rule(
        "",
        r"\b(?:end-to-end-ref(?:erenz)?|mandats?-?(?:ref(?:erenz)?)?|kundenref(?:erenz)?|machtiging"
        r"|kenmerk|gl[äa]ubiger-id|rum|ics|iban|bic)[.: ]{1,3}(?=\S{0,34}\d)\S{4,36}(?!\S)",
    ),
    _rule(
        "",
        r"\b(?:ref(?:erence)?|auth(?:ori[sz]ation)?|trace|trans(?:action)?|txn|terminal|tid|rrn|arn"
        r"|stan|conf(?:irmation)?|invoice|inv|order|acct|account|a/c|pasvolgnr)"
        rf"(?: (?:id|no|nr|num|number|code))?[ .:#-]{{1,3}}{_DIGITS_3}[a-z\d-]{{3,36}}(?!\S)",
    ),
    _rule("value date", r"(?<!\S)value date:?(?!\S)"),
    # "(card 4432)", "(eff 03/14)" and what a removed number leaves of the like.
    _rule("(", r"\( ?(?:(?:card|eff(?:ec|ective)?)[ \d/.-]{0,12})?\)"),
    # Phones may be glued to the state that follows; "1-800-flowers" has no number to match.
    _rule(
        "",
        r"(?<!\w)(?:\+?1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?!\d)|(?<!\w)\d{3}-\d{7}(?!\d)"
        r"|(?<!\w)0\d{2,4} \d{3,4} \d{3,4}(?!\w)|(?<!\w)1[38]00 \d{3} \d{3}(?!\w)"
        r"|\+\d{2}[ -]?\d[\d -]{6,14}\d(?!\w)",
    ),
    # Store numbers. The word "store" stays: "dollar store 0118" is not a dollar.
    _rule("#", r"(?<=\S) ?# ?[a-z]?\d{1,12}(?:-\d{1,4})?(?!\w)"),
    _rule("store", r"(?<=\bstore )\d{2,8}(?!\S)"),
    _rule("-", r"(?<= )[a-z]-\d{4,5}(?!\S)"),
    _rule("0", r"(?<=[a-z]{4})0\d{3,20}(?!\S)|(?<= )0\d{3,5}(?!\S)"),
    # Bare numbers and ids. Seven digits are no name anywhere; four may be a year in one.
    _rule("", r"(?<!\S)\d{7,64}(?!\S)"),
    _rule("", r"(?<= )(?:[a-z]?\d{5,6}|(?!1[789]|20)\d{4})(?!\S)", memo_only=True),
    _rule(
        "",
        r"(?<= )(?![a-z]{4,30}\d{1,30}(?!\S))(?=(?:[a-z-]{0,12}\d){4})[a-z\d-]{7,36}(?!\S)",
        memo_only=True,
    ),
)

_DIGIT: Final = re.compile(r"\d")


def normalize(text: str) -> str:
    """Return the canonical text of a descriptor: cache key, duplicate key and encoder input.

    Total, deterministic and idempotent. The result is folded (NFKC, case-folded, no control or
    format characters, single spaces, cut at MAX_CANONICAL_LENGTH), never longer than the folded
    input, and holds a letter wherever the folded input does: a part that would take the last
    letter is left in place. Text in which nothing is recognized comes back folded, as does text
    without a letter.
    """
    current = folded = _fold(text)
    for _ in range(_MAX_PASSES):
        stripped = _strip(current)
        if stripped == current:
            return current
        current = stripped
    # Still changing is no bank's format; leaving it whole keeps the function idempotent.
    return folded


def _fold(text: str) -> str:
    if not text.isprintable():
        text = "".join(map(_visible, text))
    if text.isascii():
        return _cut(text.lower())
    # Folding case can undo the normal form and the reverse; together they settle in a few rounds.
    previous = ""
    while text != previous:
        previous = text
        text = unicodedata.normalize("NFKC", text.casefold())
    return _cut(text)


def _cut(text: str) -> str:
    return " ".join(text.split())[:MAX_CANONICAL_LENGTH].rstrip()


def _visible(character: str) -> str:
    """Return the character, a space for a control, nothing for a format mark or a surrogate."""
    category = unicodedata.category(character)
    if category == "Cc":
        return " "
    return "" if category in ("Cf", "Cs") else character


def _strip(text: str) -> str:
    """Apply every rule once."""
    is_memo = len(text) > _CARD_NAME_LENGTH
    has_digit = _DIGIT.search(text) is not None
    for rule in _RULES:
        if (rule.needs not in text) if rule.needs else (not has_digit):
            continue
        if rule.memo_only and not is_memo:
            continue
        stripped, count = rule.pattern.subn(" ", text)
        if count and any(map(str.isalpha, stripped)):
            text = " ".join(stripped.split()).lstrip(_DANGLING_START).rstrip(_DANGLING_END)
            has_digit = _DIGIT.search(text) is not None
    return text
